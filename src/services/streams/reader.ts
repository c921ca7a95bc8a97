import { conversationSight, recordSight, type RecordSight, type Sight } from '../policy.js';
import type { Principal } from '../principal.js';

/** Who reads a stream, as far as it decides what they get: what they see, and what kind of caller they are. */
export interface Reader {
  readonly conversations: Sight;
  readonly record: RecordSight;
  /** Without a name, unless what is read is the viewer's own. */
  readonly principal: Principal;
}

/** @param perViewer what is read depends on who the viewer is. */
export const readerOf = (principal: Principal, perViewer: boolean): Reader => ({
  conversations: conversationSight(principal),
  record: recordSight(principal),
  principal: perViewer ? principal : nameless(principal),
});

/**
 * The caller without anything that tells them from others of their kind. What is made for such a one can be given to
 * all of them; whatever asks who it is for fails, and must be declared `perViewer` instead.
 */
export function nameless({ kind, workspaceId, role, scopes }: Principal): Principal {
  return {
    kind,
    workspaceId,
    role,
    scopes,
    get id() {
      return refuse('id');
    },
    get displayName() {
      return refuse('displayName');
    },
    get inboxIds() {
      return refuse('inboxIds');
    },
    get teamIds() {
      return refuse('teamIds');
    },
    get supervisedTeamIds() {
      return refuse('supervisedTeamIds');
    },
    get supervisedAgentIds() {
      return refuse('supervisedAgentIds');
    },
    get seesOwnEvents() {
      return refuse('seesOwnEvents');
    },
    get sessionId() {
      return refuse('sessionId');
    },
    get apiKeyId() {
      return refuse('apiKeyId');
    },
    get expiresAt() {
      return refuse('expiresAt');
    },
  };
}

/** What is made for many asked for whom it is made. */
export class NamelessReader extends Error {}

function refuse(property: string): never {
  throw new NamelessReader(`principal.${property} has no value in what is shared: declare it perViewer`);
}

/** What kind of caller, which is all of a caller that a frame may depend on where it is not the viewer's own. */
export const contentClassOf = ({ workspaceId, kind, role, scopes }: Principal): string =>
  JSON.stringify([workspaceId, kind, role, scopes.toSorted()]);

/** What a reader sees: for those of one kind with the same answer everything is decided alike. */
export const sightsOf = (principal: Principal): string =>
  JSON.stringify([conversationSight(principal), recordSight(principal)]);
