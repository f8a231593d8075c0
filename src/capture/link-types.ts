/**
 * Names of the link types a network capture is likely to have, as tcpdump prints them; numbers from the registry at
 * https://www.tcpdump.org/linktypes.html. 12 and 14 are what DLT_RAW is on most systems and on OpenBSD: writers that
 * did not translate it to LINKTYPE_RAW (101) left them in files.
 */
const NAMES = new Map([
  [0, 'NULL'],
  [1, 'EN10MB'],
  [6, 'IEEE802'],
  [7, 'ARCNET'],
  [8, 'SLIP'],
  [9, 'PPP'],
  [10, 'FDDI'],
  [12, 'RAW'],
  [14, 'RAW'],
  [50, 'PPP_SERIAL'],
  [51, 'PPP_ETHER'],
  [101, 'RAW'],
  [104, 'C_HDLC'],
  [105, 'IEEE802_11'],
  [107, 'FRELAY'],
  [108, 'LOOP'],
  [109, 'ENC'],
  [113, 'LINUX_SLL'],
  [117, 'PFLOG'],
  [119, 'PRISM_HEADER'],
  [122, 'IP_OVER_FC'],
  [127, 'IEEE802_11_RADIO'],
  [163, 'IEEE802_11_RADIO_AVS'],
  [187, 'BLUETOOTH_HCI_H4'],
  [189, 'USB_LINUX'],
  [192, 'PPI'],
  [195, 'IEEE802_15_4'],
  [197, 'ERF'],
  [220, 'USB_LINUX_MMAPPED'],
  [228, 'IPV4'],
  [229, 'IPV6'],
  [239, 'NFLOG'],
  [242, 'IPOIB'],
  [249, 'USBPCAP'],
  [253, 'NETLINK'],
  [271, 'VSOCK'],
  [276, 'LINUX_SLL2'],
]);

/** The name tcpdump gives a LINKTYPE_ number; `LINKTYPE_<n>` for one that is not in the list. */
export function linkTypeName(linkType: number): string {
  return NAMES.get(linkType) ?? `LINKTYPE_${linkType}`;
}
