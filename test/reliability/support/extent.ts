/** How many rounds to run: those of `npm run drain -- --rounds N`, else few enough for every run. */
export function rounds(usual: number): number {
  return Number(process.env.FCGI_ROUNDS ?? usual);
}
