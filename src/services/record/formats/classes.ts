import type { AuditCategory } from '../../../entities/enums.js';

/** What sort of thing happened, in the classes of OCSF 1.8 and the categories and types of ECS. */
export interface EventClass {
  /** OCSF `class_uid`. */
  uid: number;
  /** OCSF `activity_id` within the class. */
  activity: number;
  /** ECS `event.category`. */
  category: string;
  /** ECS `event.type`. */
  type: string;
}

/** The sorts of verbs that actions end in. */
type Deed = 'create' | 'read' | 'update' | 'delete' | 'search' | 'import' | 'export' | 'share' | 'other';

const deeds: readonly [Deed, RegExp][] = [
  ['read', /(?:^|_)(?:viewed|read|subscribed|opened|revealed|verified)$/],
  ['search', /^performed$/],
  ['export', /(?:^|_)(?:exported|downloaded|archived)$/],
  ['share', /^(?:shared|linked)$/],
  ['import', /^(?:imported|started|uploaded)$/],
  ['delete', /(?:^|_)(?:deleted|removed|purged|erased|pruned|revoked|expired|anonymized|unlinked|disconnected)$/],
  ['create', /(?:^|_)(?:created|added|joined|invited|received|sent|requested|raised|placed|connected|granted)$/],
  ['other', /(?:^|_)(?:failed|denied|suppressed|rejected|limited|counted|completed|succeeded|exhausted)$/],
];
const deedOf = (verb: string): Deed => deeds.find(([, pattern]) => pattern.test(verb))?.[0] ?? 'update';

const OTHER = 99;
/** `activity_id` of each deed; what a class does not know is 99, with the action as its name. */
const activities: Readonly<Record<number, Partial<Record<Deed, number>>>> = {
  1008: { delete: 2, export: 3 },
  2004: { create: 1, update: 2, delete: 3 },
  3001: { create: 1, delete: 6 },
  3004: { create: 1, read: 2, update: 3, delete: 4 },
  3005: { create: 1, update: 1, delete: 2 },
  3006: { create: 6, delete: 5 },
  6001: { create: 1, read: 2, update: 3, delete: 4, search: 5, import: 6, export: 7, share: 8 },
  6002: { import: 3 },
  6006: { create: 1, import: 1, export: 2, update: 3, delete: 4, share: 12 },
};
/** Where the action itself has an activity of its own. */
const named: Readonly<Record<string, number>> = {
  'auth.signed_in': 1,
  'auth.sign_in_failed': 1,
  'auth.signed_out': 2,
  'auth.password_changed': 3,
  'auth.password_reset_requested': 4,
  'auth.password_reset_completed': 4,
  'auth.account_locked': 9,
  'auth.mfa_enabled': 10,
  'auth.mfa_disabled': 11,
  'agent.reactivated': 2,
  'agent.deactivated': 5,
  'audit.archived': 4,
  'audit.pruned': 2,
  'audit.erased': 2,
  'team.member_added': 3,
  'team.member_removed': 4,
  'inbox.member_added': 3,
  'inbox.member_removed': 4,
  'system.stopped': 4,
};

/** The class of an action by what stands first in its name, where that says more than its category. */
const byNoun: readonly [RegExp, number][] = [
  [/^auth\.(?:password_|mfa_(?:enabled|disabled)|account_locked)/, 3001],
  [/^agent\.role_changed$/, 3005],
  [/^agent\./, 3001],
  [/^(?:team|inbox)\.member_|^team\./, 3006],
  [/^audit\.sink_|^alert_rule\./, 3004],
  [/^audit\./, 1008],
  [/^(?:attachment|recording)\./, 6006],
];
const byCategory: Readonly<Record<AuditCategory, number>> = {
  CONVERSATION: 6001,
  HANDOVER: 6001,
  MESSAGE: 6001,
  NOTE: 6001,
  CONTACT: 6001,
  PRIVACY: 6001,
  ACCESS: 6001,
  AUTH: 3002,
  PRESENCE: 6001,
  PEOPLE: 3004,
  CONFIG: 3004,
  BOT: 3004,
  INTEGRATION: 3004,
  QUALITY: 6001,
  ALERT: 2004,
  AUDIT: 1008,
  SYSTEM: 6002,
  CUSTOM: 6001,
};

const ecsCategory: Readonly<Record<number, string>> = {
  1008: 'configuration',
  2004: 'intrusion_detection',
  3001: 'iam',
  3002: 'authentication',
  3004: 'configuration',
  3005: 'iam',
  3006: 'iam',
  6001: 'web',
  6002: 'process',
  6006: 'file',
};
const ecsType: Readonly<Record<Deed, string>> = {
  create: 'creation',
  read: 'access',
  update: 'change',
  delete: 'deletion',
  search: 'access',
  import: 'change',
  export: 'access',
  share: 'access',
  other: 'info',
};

/** Sorts an action. One that this version does not know is sorted by its name and category; without any, OCSF 0. */
export function classOf(action: string | null, category: string | null): EventClass {
  if (action === null) return { uid: 0, activity: OTHER, category: 'configuration', type: 'info' };
  const deed = deedOf(action.slice(action.lastIndexOf('.') + 1));
  const uid =
    (category === 'PRESENCE' ? undefined : byNoun.find(([pattern]) => pattern.test(action))?.[1]) ??
    byCategory[category as AuditCategory] ??
    0;
  const [ended, began] = [action === 'auth.signed_out', action === 'auth.signed_in'];
  return {
    uid,
    activity: named[action] ?? activities[uid]?.[deed] ?? OTHER,
    category: ecsCategory[uid] ?? 'configuration',
    type: began ? 'start' : ended ? 'end' : ecsType[deed],
  };
}
