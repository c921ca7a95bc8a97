import { isIPv4, isIPv6 } from 'node:net';

/** The network part of an address, /24 of IPv4 or /48 of IPv6: enough to group by, not enough to find somebody. */
export function addressPrefix(address: string): string {
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)?.[1] ?? address;
  if (mapped.includes('.')) return `${mapped.split('.').slice(0, 3).join('.')}.0/24`;
  const [head = ''] = mapped.split('::');
  const groups = head === '' ? [] : head.split(':');
  const full = [...groups, '0', '0', '0'].slice(0, 3);
  return `${full.map((group) => group.toLowerCase().replace(/^0+(?=.)/, '')).join(':')}::/48`;
}

/** An address in its one way of writing, so that it is found however it was written; null for what is none. */
export function canonicalAddress(address: string): string | null {
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)?.[1] ?? address;
  if (isIPv4(mapped)) return mapped;
  const [plain = ''] = mapped.split('%');
  return isIPv6(plain) ? new URL(`http://[${plain}]`).hostname.slice(1, -1) : null;
}
