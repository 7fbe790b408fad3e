/** A text in a color, or as it is. */
export type Paint = (text: string) => string;

export interface Colors {
  readonly bold: Paint;
  readonly dim: Paint;
  readonly red: Paint;
  readonly green: Paint;
  readonly cyan: Paint;
}

interface Output {
  readonly isTTY?: boolean | undefined;
}

/** Colors for a terminal whose user has not refused them (https://no-color.org); none for anything else. */
export function colorsFor(output: Output, env: NodeJS.ProcessEnv): Colors {
  const plain = !output.isTTY || Boolean(env.NO_COLOR) || env.TERM === 'dumb';
  const paint = (code: number): Paint =>
    plain ? (text) => text : (text) => `\x1b[${code}m${text}\x1b[0m`;
  return { bold: paint(1), dim: paint(2), red: paint(31), green: paint(32), cyan: paint(36) };
}
