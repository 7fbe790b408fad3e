/**
 * The meta-variables of a list, names and values in turn, by name. The object has no prototype, so that `__proto__`
 * is a name like any other. If a variable came twice the last counts.
 */
export function variablesByName(variables: readonly string[]): Record<string, string> {
  const byName: Record<string, string> = Object.create(null);
  for (let i = 0; i < variables.length; i += 2) {
    byName[variables[i] as string] = variables[i + 1] as string;
  }
  return byName;
}
