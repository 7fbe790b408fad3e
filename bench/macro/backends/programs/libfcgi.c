/* What apps/ does, in C with libfcgi: as many processes as connections, since each serves one at a time. */
#include <fcgiapp.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#define MEBIBYTE (1024 * 1024)
#define PIECE (16 * 1024)
#define BACKLOG 511

static char content[MEBIBYTE];
static char buffer[64 * 1024];

/* The bytes of apps/contents.js. */
static void fill(void) {
  for (int i = 0; i < MEBIBYTE; i++) content[i] = (char)(i % 65537 * 7 % 251);
}

static void answer(FCGX_Request *request, const char *app) {
  if (strcmp(app, "plain") == 0) {
    FCGX_PutS("Content-Type: text/plain\r\n\r\nHello, World!", request->out);
  } else if (strcmp(app, "upload") == 0) {
    long length = 0;
    int got;
    while ((got = FCGX_GetStr(buffer, sizeof buffer, request->in)) > 0) length += got;
    FCGX_FPrintF(request->out, "Content-Type: text/plain\r\n\r\n%ld bytes", length);
  } else {
    int piece = strcmp(app, "stream") == 0 ? PIECE : MEBIBYTE;
    FCGX_PutS("Content-Type: application/octet-stream\r\n\r\n", request->out);
    for (int at = 0; at < MEBIBYTE; at += piece) FCGX_PutStr(content + at, piece, request->out);
  }
}

static void serve(int socket, const char *app) {
  FCGX_Request request;
  /* Ends with the process that started it. */
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  FCGX_InitRequest(&request, socket, 0);
  while (FCGX_Accept_r(&request) == 0) {
    answer(&request, app);
    FCGX_Finish_r(&request);
  }
  exit(0);
}

int main(int count, char **args) {
  if (count != 4) return 2;
  fill();
  FCGX_Init();
  int socket = FCGX_OpenSocket(args[2], BACKLOG);
  if (socket < 0) return 1;
  for (int i = atoi(args[3]); i > 0; i--)
    if (fork() == 0) serve(socket, args[1]);
  while (wait(NULL) > 0) continue;
  return 0;
}
