import type { World } from '../support/world.js';
import type { Scene } from './stage.js';

/** What is tried on each other. */
export interface Tried {
  /** The caller's own workspace, and the one whose ids are tried. */
  own: World;
  other: World;
  ownConversation: string;
  /** One of the own workspace without an open handover. */
  free: string;
  there: Scene & { attachmentId: string };
  /** Of a request and a session of the other workspace. */
  requestId: string;
  sessionId: string;
  exportId: string;
  sinkId: string;
  /** An alert of the other workspace and its rule, and a rule of the own one. */
  alertId: string;
  ruleId: string;
  ownRuleId: string;
  /** Where alerts of the other workspace are sent to. */
  destinationId: string;
  /** A key of the other workspace, an open invitation to it, and a shift that was handed over there. */
  apiKeyId: string;
  invitationId: string;
  shiftId: string;
  /** An address of a contact of the other workspace. */
  identityId: string;
  /** A contact of the own workspace. */
  ownContactId: string;
}

/** What becomes of an id of the other workspace, where each place takes one. */
export type IsolationRow = [place: string, operation: string, variables: (at: Tried) => object, outcome: string];
