import DataLoader from 'dataloader';
import type { Agent } from '../entities/agent.js';
import type { BotSettingChange, BotSettings } from '../entities/bot.js';
import type { ContactIdentity } from '../entities/contact.js';
import type { Conversation } from '../entities/conversation.js';
import type { ActorKind } from '../entities/enums.js';
import type { Label } from '../entities/label.js';
import type { RowOf } from '../entities/row.js';
import type { SpeechSegment } from '../entities/speech.js';
import type { Team } from '../entities/team.js';
import type { Call } from '../services/application.js';
import { annotationsOf, type AnnotationRow } from '../services/record/annotate-event.js';
import type { AuditEventRow } from '../services/record/history.js';
import { eventsOfRequests, readableEvents } from '../services/record/list-events.js';
import { changesOfVersions, revisionsOfBots, settingsOfBots, type BotVersion } from '../services/bots/read-bots.js';
import { timelinesOf, type TimelinePage } from '../services/contacts/read-timeline.js';
import { messagesForCustomer, type CustomerPage } from '../services/customers/read-customer-conversations.js';
import type { PageRequest } from '../services/paging.js';
import { addressesOf, mutesOfRules, type AlertMuteRow } from '../services/alerts/read-alerts.js';
import { attachmentsOf, type AttachmentRow } from '../services/attachments/read-attachments.js';
import { speechOf } from '../services/attachments/read-speech.js';
import { attendedTeams } from '../services/presence/attended.js';
import { openConversationsOf } from '../services/presence/capacity.js';
import { ownHoursOf, type BusinessHoursRow } from '../services/routing/business-hours.js';
import { routingOf, type RoutingSettings } from '../services/routing/set-policy.js';
import { lastSeenOf } from '../services/presence/last-seen.js';
import { presencesOf, type PresenceRow } from '../services/presence/presence.js';
import { viewerStates, type ViewerState } from '../services/conversations/read-state.js';
import { participantsOf, type Participant } from '../services/conversations/read-participants.js';
import { mergedConversations } from '../services/conversations/read-merged.js';
import { readTranscriptSentences, revisionsOf, type RevisionRow } from '../services/conversations/read-transcript.js';
import { mergedContacts, type ContactRow } from '../services/contacts/read-contacts.js';
import {
  translationsOf,
  type AskedTranslation,
  type TranslationRow,
} from '../services/translations/read-translations.js';
import { membersOf, teamsOfAgents } from '../services/directory.js';
import {
  contactLabel,
  identitiesOfContacts,
  labelsOf,
  lookups,
  mentionsOf,
  visibleConversations,
} from '../services/lookups.js';

/** Who did something, as rows name them. */
export interface ActorReference {
  kind: ActorKind;
  id: string | null;
}

/** A row of a type that implements Actor, with the name by which its type is known. */
export type ActorRow = { __typename: string; id: string; displayName: string };

/** Loads rows by id, all of one tick in one statement; null for what is not there. */
function byId<R extends { id: string }>(call: Call, load: (call: Call, ids: readonly string[]) => Promise<R[]>) {
  return new DataLoader<string, R | null>(async (ids) => {
    const rows = new Map((await load(call, ids)).map((row) => [row.id, row]));
    return ids.map((id) => rows.get(id) ?? null);
  });
}

/** Loads the rows that belong to each id, all of one tick in one statement. */
function belongingTo<R>(load: (ids: readonly string[]) => Promise<R[]>, ownerOf: (row: R) => string) {
  return new DataLoader<string, R[]>(async (ids) => {
    const rows = Map.groupBy(await load(ids), ownerOf);
    return ids.map((id) => rows.get(id) ?? []);
  });
}

/** What loads pages is given the object whose page it is, and how it is asked for. */
interface PageOf<A> {
  id: string;
  asked: A;
}

/**
 * Loads a page of each id, all of one tick that are asked for alike in one statement. They are not kept: a mutation after
 * another shows what it has changed.
 */
function pagesOf<A extends PageRequest, P>(load: (ids: readonly string[], asked: A) => Promise<Map<string, P>>) {
  const keyOf = ({ asked }: PageOf<A>) => JSON.stringify(asked);
  return new DataLoader<PageOf<A>, P>(
    async (wanted) => {
      const alike = [...Map.groupBy(wanted, keyOf)];
      const loaded = alike.map(async ([key, some]) => {
        const ids = [...new Set(some.map(({ id }) => id))];
        // What is wrong with one page must not fail another.
        return [key, await load(ids, some[0]!.asked).catch((error: Error) => error)] as const;
      });
      const pages = new Map(await Promise.all(loaded));
      return wanted.map((each) => {
        const found = pages.get(keyOf(each))!;
        return found instanceof Error ? found : found.get(each.id)!;
      });
    },
    { cache: false },
  );
}

/**
 * The loaders of one answer. Made anew for each request and for each delivery of a stream: nothing that one caller or
 * one moment has seen is ever shown to another.
 */
export class Loaders {
  constructor(private readonly call: Call) {}

  readonly agent = byId(this.call, lookups.agents);
  readonly bot = byId(this.call, lookups.bots);
  readonly invitation = byId(this.call, lookups.invitations);
  readonly apiKey = byId(this.call, lookups.apiKeys);
  readonly team = byId(this.call, lookups.teams);
  readonly inbox = byId(this.call, lookups.inboxes);
  readonly contact = byId(this.call, lookups.contacts);
  readonly conversation = byId(this.call, lookups.conversations);
  readonly visibleConversation = byId(this.call, visibleConversations);
  readonly message = byId(this.call, lookups.messages);
  readonly attachment = byId(this.call, lookups.attachments);
  readonly note = byId(this.call, lookups.notes);
  readonly handover = byId(this.call, lookups.handovers);
  readonly shiftHandover = byId(this.call, lookups.shiftHandovers);
  readonly session = byId(this.call, lookups.sessions);
  readonly alert = byId(this.call, lookups.alerts);
  readonly alertDestination = byId(this.call, lookups.alertDestinations);
  readonly alertRule = byId(this.call, lookups.alertRules);
  readonly cannedResponse = byId(this.call, lookups.cannedResponses);
  readonly view = byId(this.call, lookups.views);
  readonly label = byId(this.call, lookups.labels);
  readonly attributeDefinition = byId(this.call, lookups.attributeDefinitions);

  readonly teamMembers = this.#members('team_member');
  readonly teamSupervisors = this.#members('team_supervisor');
  readonly inboxMembers = this.#members('inbox_member');
  readonly agentTeams = belongingTo<RowOf<Team> & { ofId: string }>(
    (ids) => teamsOfAgents(this.call, ids),
    (row) => row.ofId,
  );
  readonly contactIdentities = belongingTo<RowOf<ContactIdentity>>(
    (ids) => identitiesOfContacts(this.call, ids),
    (row) => row.contactId,
  );
  readonly mergedContacts = belongingTo<ContactRow & { mergedIntoId: string }>(
    (ids) => mergedContacts(this.call, ids),
    (row) => row.mergedIntoId,
  );
  readonly mergedConversations = belongingTo<RowOf<Conversation> & { ofId: string }>(
    (ids) => mergedConversations(this.call, ids),
    (row) => row.ofId,
  );
  readonly participants = belongingTo<Participant & { ofId: string }>(
    (ids) => participantsOf(this.call, ids),
    (row) => row.ofId,
  );
  readonly conversationLabels = this.#labels('conversation');
  readonly contactLabels = this.#labels('contact');
  readonly mentions = belongingTo<RowOf<Agent> & { ofId: string }>(
    (ids) => mentionsOf(this.call, ids),
    (row) => row.ofId,
  );
  readonly revisions = belongingTo<RevisionRow>(
    (ids) => revisionsOf(this.call, ids),
    (row) => row.entryId,
  );
  readonly attachments = belongingTo<AttachmentRow>(
    (ids) => attachmentsOf(this.call, ids),
    (row) => row.messageId!,
  );
  readonly speech = new DataLoader<string, SpeechSegment[]>(async (ids) => {
    const speech = await speechOf(this.call, ids);
    return ids.map((id) => speech.get(id) ?? []);
  });
  readonly translation = new DataLoader<AskedTranslation, TranslationRow | null, string>(
    (asked) => translationsOf(this.call, asked),
    { cacheKeyFn: ({ messageId, language }) => `${messageId}/${language ?? ''}` },
  );
  readonly alertMutes = belongingTo<AlertMuteRow>(
    (ids) => mutesOfRules(this.call, ids),
    (row) => row.ruleId,
  );
  readonly eventAddress = new DataLoader<number, string | null>(async (sequences) => {
    const addresses = await addressesOf(this.call, sequences);
    return sequences.map((sequence) => addresses.get(sequence) ?? null);
  });
  readonly botSettings = new DataLoader<BotVersion, BotSettings | null, string>(
    async (asked) => {
      const found = new Map((await settingsOfBots(this.call, asked)).map((row) => [keyOfVersion(row), row.settings]));
      return asked.map((each) => found.get(keyOfVersion(each)) ?? null);
    },
    { cacheKeyFn: keyOfVersion },
  );
  readonly botChanges = new DataLoader<BotVersion, BotSettingChange[], string>(
    async (asked) => {
      const found = new Map((await changesOfVersions(this.call, asked)).map((row) => [keyOfVersion(row), row.changes]));
      return asked.map((each) => found.get(keyOfVersion(each))!);
    },
    { cacheKeyFn: keyOfVersion },
  );
  readonly botRevisions = pagesOf((ids, asked: PageRequest) => revisionsOfBots(this.call, ids, asked));
  readonly customerMessages = pagesOf((ids, asked: CustomerPage) => messagesForCustomer(this.call, ids, asked));
  readonly contactTimelines = pagesOf((ids, asked: TimelinePage) => timelinesOf(this.call, 'contact', ids, asked));
  readonly conversationTimelines = pagesOf((ids, asked: TimelinePage) =>
    timelinesOf(this.call, 'conversation', ids, asked),
  );
  readonly presence = new DataLoader<string, PresenceRow>(async (ids) => {
    const rows = new Map((await presencesOf(this.call, ids)).map((row) => [row.agentId, row]));
    return ids.map((id) => rows.get(id)!);
  });
  readonly lastSeen = new DataLoader<string, Date | null>(async (ids) => {
    const rows = new Map((await lastSeenOf(this.call, ids)).map((row) => [row.agentId, row.at]));
    return ids.map((id) => rows.get(id) ?? null);
  });
  readonly openConversations = new DataLoader<string, number>(async (ids) => {
    const open = await openConversationsOf(this.call, ids);
    return ids.map((id) => open.get(id)!);
  });
  readonly routing = new DataLoader<string, RoutingSettings>(async (ids) => {
    const policies = await routingOf(this.call, ids);
    return ids.map((id) => policies.get(id)!);
  });
  readonly businessHours = new DataLoader<string, BusinessHoursRow | null>(async (ids) => {
    const hours = await ownHoursOf(this.call, ids);
    return ids.map((id) => hours.get(id) ?? null);
  });
  readonly teamAttended = new DataLoader<string, boolean>(async (ids) => {
    const attended = await attendedTeams(this.call, ids);
    return ids.map((id) => attended.has(id));
  });
  readonly viewerState = new DataLoader<string, ViewerState>(async (ids) => {
    const states = await viewerStates(this.call, ids);
    return ids.map((id) => states.get(id)!);
  });
  readonly readableEvent = byId<AuditEventRow>(this.call, readableEvents);
  readonly eventsOfRequest = belongingTo<AuditEventRow>(
    (ids) => eventsOfRequests(this.call, ids),
    (row) => row.requestId!,
  );
  readonly annotations = belongingTo<AnnotationRow>(
    (ids) => annotationsOf(this.call, ids),
    (row) => row.eventId,
  );
  readonly sentence = new DataLoader<string, string | null>(async (ids) => {
    const sentences = await readTranscriptSentences(this.call, ids);
    return ids.map((id) => sentences.get(id) ?? null);
  });

  #members(table: Parameters<typeof membersOf>[1]) {
    return belongingTo<RowOf<Agent> & { ofId: string }>(
      (ids) => membersOf(this.call, table, ids),
      (row) => row.ofId,
    );
  }

  #labels(noun: Parameters<typeof labelsOf>[1]) {
    return belongingTo<RowOf<Label> & { ofId: string }>(
      (ids) => labelsOf(this.call, noun, ids),
      (row) => row.ofId,
    );
  }

  /** Whoever did something, as they are now; null once they are gone. */
  async actor({ kind, id }: ActorReference): Promise<ActorRow | null> {
    switch (kind) {
      case 'AGENT':
        return named('Agent', id && (await this.agent.load(id)));
      case 'BOT':
        return named('Bot', id && (await this.bot.load(id)));
      case 'API_KEY':
        return named('ApiKey', id && (await this.apiKey.load(id)));
      case 'CONTACT': {
        const contact = id && (await this.contact.load(id));
        return contact ? { ...contact, __typename: 'Contact', displayName: contactLabel(contact) } : null;
      }
      case 'SYSTEM':
        return { __typename: 'SystemActor', id: 'system', displayName: 'Verbatim' };
      default:
        return null;
    }
  }
}

const keyOfVersion = ({ botId, version }: BotVersion): string => `${botId}/${version}`;

const named = <R extends { id: string; displayName: string }>(typeName: string, row: R | null | ''): ActorRow | null =>
  row ? { ...row, __typename: typeName } : null;
