declare module 'express4' {
  export { default } from 'express';
}

declare module 'cookie-session' {
  export default function cookieSession(options: object): import('express').RequestHandler;
}

declare module 'multer' {
  export default function multer(options?: object): { any(): import('express').RequestHandler };
}
