import { IncomingMessage, ServerResponse } from 'node:http';

const response = new ServerResponse(new IncomingMessage(null as never));

/** The symbol of that description under which Node keeps something on an object, if it does. */
export function nodeSymbol(object: object, description: string): symbol | undefined {
  return Object.getOwnPropertySymbols(object).find((symbol) => symbol.description === description);
}

/** The same of a response of `http`. */
export function responseSymbol(description: string): symbol | undefined {
  return nodeSymbol(response, description);
}
