import type { ActionDefinition } from './action-definition.js';
import { accessActions } from './actions/access.js';
import { administrationActions } from './actions/administration.js';
import { attachmentActions } from './actions/attachments.js';
import { auditActions } from './actions/audit.js';
import { botActions } from './actions/bots.js';
import { exportActions } from './actions/exports.js';
import { alertActions } from './actions/alerts.js';
import { contactActions } from './actions/contacts.js';
import { conversationActions } from './actions/conversations.js';
import { customAction, isCustomAction, type CustomAction } from './actions/custom.js';
import { handoverActions } from './actions/handovers.js';
import { importActions } from './actions/imports.js';
import { messageActions } from './actions/messages.js';
import { noteActions } from './actions/notes.js';
import { outOfInboxActions } from './actions/out-of-inbox.js';
import { peopleActions } from './actions/people.js';
import { removalActions } from './actions/removals.js';
import { searchActions } from './actions/searches.js';
import { sinkActions } from './actions/sinks.js';
import { settingActions } from './actions/settings.js';
import { signInActions } from './actions/sign-in.js';

/**
 * The catalogue: every action that can be recorded, each defined once. `auditActions` publishes it, the sentence of an
 * event is made from it, and recording refuses what is not in it.
 */
export const actions = {
  ...administrationActions,
  ...botActions,
  ...accessActions,
  ...auditActions,
  ...exportActions,
  ...sinkActions,
  ...signInActions,
  ...peopleActions,
  ...contactActions,
  ...conversationActions,
  ...outOfInboxActions,
  ...messageActions,
  ...attachmentActions,
  ...noteActions,
  ...handoverActions,
  ...removalActions,
  ...alertActions,
  ...importActions,
  ...searchActions,
  ...settingActions,
} as const satisfies Record<string, ActionDefinition>;

/** An action of the catalogue, or one that an integrator names. */
export type ActionName = keyof typeof actions | CustomAction;

/** The definition behind a name, or undefined for a name that this version does not know. */
export const findAction = (name: string): ActionDefinition | undefined => {
  if (Object.hasOwn(actions, name)) return actions[name as keyof typeof actions];
  return isCustomAction(name) ? customAction : undefined;
};

/** The actions that commit to this field's values before and after. */
export const actionsCommitting = (field: string): ActionName[] =>
  (Object.entries(actions) as [ActionName, ActionDefinition][])
    .filter(([, { payload }]) => payload.committed?.includes(field))
    .map(([name]) => name);
