/** The parameters of an address that a screen knows, as texts. Others are dropped, and so are empty ones. */
export function textParameter<TName extends string>(
  search: Record<string, unknown>,
  names: readonly TName[],
): { [K in TName]?: string } {
  const found: { [K in TName]?: string } = {};
  for (const name of names) {
    const value = search[name];
    if (value !== undefined && value !== null && value !== "") found[name] = String(value);
  }
  return found;
}
