import Koa from 'koa';

/** Koa that answers with JSON. */
export function createListener() {
  const app = new Koa();
  app.use((ctx) => {
    ctx.body = { message: 'Hello, World!' };
  });
  return app.callback();
}
