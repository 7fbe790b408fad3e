import { BlockList, isIP, type Socket } from 'node:net';

/**
 * Makes the list of TCP peers that may connect.
 *
 * @param allowed the option; without one the environment's FCGI_WEB_SERVER_ADDRS counts (FastCGI §3.2),
 *   a list of addresses separated by commas
 * @returns undefined if everybody may
 * @throws {TypeError} `ERR_INVALID_ARG_VALUE` for an entry that is neither an address nor a CIDR block
 */
export function allowedClients(
  allowed: readonly string[] | BlockList | undefined,
  webServerAddresses: string | undefined,
): BlockList | undefined {
  if (allowed instanceof BlockList) return allowed;
  const entries = allowed ?? parseAddresses(webServerAddresses);
  if (entries === undefined) return undefined;
  const list = new BlockList();
  for (const entry of entries) addEntry(list, entry);
  return list;
}

/** Whether the peer may connect. Unix sockets have no address: their file's permissions decide. */
export function isAllowed(list: BlockList | undefined, { remoteAddress }: Socket): boolean {
  if (list === undefined || remoteAddress === undefined) return true;
  return list.check(remoteAddress, isIP(remoteAddress) === 6 ? 'ipv6' : 'ipv4');
}

function parseAddresses(value: string | undefined): string[] | undefined {
  return value ? value.split(',').map((address) => address.trim()) : undefined;
}

function addEntry(list: BlockList, entry: string): void {
  const [address = '', prefix] = entry.split('/');
  const version = isIP(address);
  const bits = prefix === undefined ? undefined : Number(prefix);
  const maxBits = version === 6 ? 128 : 32;
  if (
    version === 0 ||
    (bits !== undefined && !(/^\d+$/.test(prefix as string) && bits <= maxBits))
  ) {
    throw Object.assign(
      new TypeError(
        `allowedClients: ${JSON.stringify(entry)} is neither an address nor a CIDR block`,
      ),
      { code: 'ERR_INVALID_ARG_VALUE' },
    );
  }
  const type = version === 6 ? 'ipv6' : 'ipv4';
  if (bits === undefined) list.addAddress(address, type);
  else list.addSubnet(address, bits, type);
}
