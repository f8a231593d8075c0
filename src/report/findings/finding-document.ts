import type { Found } from '../../analysis/findings/rule.js';
import type { FindingDocument } from '../document.js';
import { isoMicros } from '../time.js';
import { packetFilter } from './packet-filter.js';
import { findingWords } from './wording.js';

/** The contract's form of a finding. */
export function findingDocument({
  severity,
  code,
  sessions,
  time,
  packets,
  evidence,
}: Found): FindingDocument {
  const [session] = sessions;
  return {
    severity,
    code,
    link: session?.link.id ?? null,
    session: session?.number ?? null,
    at: isoMicros(time),
    ...findingWords({ code, evidence }),
    packets: [...packets],
    filter: packetFilter(sessions, packets),
    evidence: { ...evidence },
  };
}
