import { randomUUID } from 'node:crypto';
import { mkdirSync, readdirSync, rmSync } from 'node:fs';
import { rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import express from 'express';
import multer from 'multer';
import { syncFolder } from './durable.js';
import { problem } from './errors.js';
import { pictureExtension } from './picture-kind.js';

const LARGEST_PICTURE = 2 * 1024 * 1024;

const TOO_LARGE = problem(413, 'That picture is over 2 MiB. Please choose a smaller one.');
const WRONG_KIND = problem(415, 'That file is not a PNG, JPEG, GIF or WebP picture.');

/**
 * @typedef {object} Upload what `receive` leaves as `req.upload`
 * @property {string} [path] where the picture waits until it is kept or discarded
 * @property {string} [extension]
 * @property {Error & { status: number }} [refused]
 */

/** Pictures arrive in one folder and move to another once accepted, whole and under a new name. */
export function createUploads(dataFolder) {
  const incoming = join(dataFolder, 'incoming');
  const pictures = join(dataFolder, 'pictures');
  for (const folder of [incoming, pictures]) mkdirSync(folder, { recursive: true, mode: 0o700 });

  return {
    receive: receiveInto(incoming),
    serve: servePictures(pictures),

    /** @param {Upload | undefined} upload @returns {Promise<string | null>} the file name */
    async keep(upload) {
      if (!upload?.path) return null;
      const fileName = `${randomUUID()}.${upload.extension}`;
      await rename(upload.path, join(pictures, fileName));
      await syncFolder(pictures);
      return fileName;
    },

    /** @param {Upload | undefined} upload one that was kept is no longer there to be discarded */
    async discard(upload) {
      if (upload?.path) await rm(upload.path, { force: true });
    },

    async remove(fileName) {
      if (fileName) await rm(join(pictures, fileName), { force: true });
    },

    /** Clears what a crash left behind: half uploads, and pictures whose entry was never written. */
    sweep(wanted) {
      for (const name of readdirSync(incoming)) rmSync(join(incoming, name));
      for (const name of readdirSync(pictures)) {
        if (!wanted.has(name)) rmSync(join(pictures, name));
      }
    },
  };
}

function receiveInto(incoming) {
  const receive = multer({
    storage: multer.diskStorage({ destination: incoming, flush: true }),
    limits: { fileSize: LARGEST_PICTURE, files: 1, fields: 10, fieldSize: 64 * 1024 },
  }).single('picture');

  return (req, res, next) =>
    receive(req, res, async (error) => {
      if (error?.code === 'LIMIT_FILE_SIZE') {
        req.upload = { refused: TOO_LARGE };
        return next();
      }
      if (error) return next(asProblem(error));
      try {
        if (req.file) req.upload = await examine(req.file.path);
        next();
      } catch (failure) {
        next(failure);
      }
    });
}

/** @returns {Promise<Upload>} */
async function examine(path) {
  const extension = await pictureExtension(path);
  return extension ? { path, extension } : { path, refused: WRONG_KIND };
}

/** Multer reports a malformed form and a full disk alike; only the first is the sender's doing. */
function asProblem(error) {
  if (error.syscall) return error;
  if (error.code === 'LIMIT_FIELD_VALUE') return problem(413, 'That text is far too long.');
  return problem(400, 'The form arrived damaged. Please send it again.');
}

function servePictures(pictures) {
  return express.static(pictures, {
    index: false,
    redirect: false,
    maxAge: '1d',
    setHeaders: (res) => res.set('Content-Security-Policy', "default-src 'none'; sandbox"),
  });
}
