import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import type { Chance } from '../services/demo/chance.js';
import {
  DEMO_PASSWORD,
  demoPerson,
  demoTeams,
  type DemoInbox,
  type DemoWorkspace,
} from '../services/demo/demo-workspace.js';
import type { Dialogue } from '../services/demo/dialogue.js';
import { allSpeakers } from '../services/demo/dialogues/all-dialogues.js';
import { filledIn, firstName, spoken } from '../services/demo/past.js';
import { picture } from '../services/demo/picture.js';

/** Between the beginnings of two conversations, and between two lines of one, in milliseconds. */
const SCENE_MS = [6_000, 14_000] as const;
const LINE_MS = [2_000, 6_000] as const;
/** Of those that a person has answered to the end so many are resolved; the others wait for the customer. */
const RESOLVED = 0.8;

/** Up to where a conversation is played: until it is offered to the team, is answered by one of them, or is over. */
export type Until = 'OFFERED' | 'ANSWERED' | 'OVER';

const UNDER_WAY: readonly Until[] = [
  'OFFERED',
  'ANSWERED',
  'OFFERED',
  'OFFERED',
  'ANSWERED',
  'OFFERED',
  'ANSWERED',
  'OFFERED',
];

/** The API refused what somebody of the demo wanted to do. */
class Refused extends Error {
  constructor(
    readonly code: string,
    message: string,
  ) {
    super(message);
  }
}

/**
 * The customers, bots and agents of the demo, as clients of its API: they use nothing else, with keys and sign-ins of
 * their own. Where somebody who tries the demo takes a conversation, it is left to them.
 */
export class DemoTraffic {
  readonly #tokens = new Map<string, Promise<string>>();
  #labels: Promise<ReadonlyMap<string, string>> | null = null;

  constructor(
    private readonly graphql: string,
    private readonly demo: DemoWorkspace,
    private readonly chance: Chance,
  ) {}

  /** Leaves work under way: what waits for a team, and what somebody is answering. */
  async begin(): Promise<void> {
    for (const until of UNDER_WAY) await this.play(until, { withPicture: until === 'ANSWERED' });
  }

  /** Plays conversations, several at a time, until told to end. @param failed is told what went wrong, and it goes on. */
  async run(signal: AbortSignal, failed: (error: unknown) => void): Promise<void> {
    const playing = new Set<Promise<void>>();
    while (!signal.aborted) {
      const scene: Promise<void> = this.play('OVER', { pause: () => this.#pause(LINE_MS, signal) })
        .catch((error: unknown) => {
          if (!signal.aborted) failed(error);
        })
        .finally(() => playing.delete(scene));
      playing.add(scene);
      await this.#pause(SCENE_MS, signal).catch(() => {});
    }
    await Promise.all(playing);
  }

  /**
   * Plays one conversation.
   * @param how what is waited for between two lines, and whether the customer sends a picture with the first
   */
  async play(
    until: Until,
    { pause, withPicture = false }: { pause?: () => Promise<void>; withPicture?: boolean } = {},
  ) {
    const { chance } = this;
    const inbox = chance.pick(Object.keys(demoTeams) as DemoInbox[]);
    const { names, dialogues } = chance.pick(allSpeakers);
    const [name, handle] = chance.pick(names);
    const agent = demoPerson(chance.pick(demoTeams[inbox]));
    const scene = new Scene(this, this.demo, {
      inbox,
      agent: agent.email,
      dialogue: chance.pick(dialogues),
      customer: { name, email: `${handle}@example.com` },
      filled: { order: chance.between(5_000, 5_999), name: firstName(name), agent: firstName(agent.displayName) },
    });
    try {
      await scene.play(until, { pause, withPicture, resolves: chance.next() < RESOLVED });
    } catch (error) {
      // Somebody has taken it, or changed whose it is: it is theirs.
      if (!(error instanceof Refused && ['CONFLICT', 'FORBIDDEN', 'NOT_FOUND'].includes(error.code))) throw error;
    }
  }

  /** Asks the API with a key, or as an agent, by e-mail. @throws Refused */
  async ask<T>(as: string, query: string, variables: object): Promise<T> {
    if (!as.includes('@')) return this.#send<T>(as, query, variables);
    try {
      return await this.#send<T>(await this.#token(as), query, variables);
    } catch (error) {
      if (!(error instanceof Refused && error.code === 'UNAUTHENTICATED')) throw error;
      // Access tokens are short-lived.
      this.#tokens.delete(as);
      return this.#send<T>(await this.#token(as), query, variables);
    }
  }

  /** The ids of the demo's labels, by name. */
  labels(): Promise<ReadonlyMap<string, string>> {
    return (this.#labels ??= this.ask<{ labels: { id: string; name: string }[] }>(
      this.demo.apiKey,
      '{ labels { id name } }',
      {},
    ).then(({ labels }) => new Map(labels.map(({ id, name }) => [name, id]))));
  }

  #token(email: string): Promise<string> {
    let token = this.#tokens.get(email);
    if (!token) {
      token = this.#send<{ signIn: { accessToken: string } }>(
        null,
        'mutation($input: SignInInput!) { signIn(input: $input) { accessToken } }',
        { input: { email, password: DEMO_PASSWORD } },
      ).then(({ signIn }) => signIn.accessToken);
      this.#tokens.set(email, token);
      token.catch(() => this.#tokens.delete(email));
    }
    return token;
  }

  async #send<T>(credential: string | null, query: string, variables: object): Promise<T> {
    const response = await fetch(this.graphql, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...(credential ? { authorization: `Bearer ${credential}` } : {}) },
      body: JSON.stringify({ query, variables }),
    });
    const { data, errors } = (await response.json()) as {
      data?: T;
      errors?: { message: string; extensions: { code: string } }[];
    };
    if (errors?.[0]) throw new Refused(errors[0].extensions.code, errors[0].message);
    return data!;
  }

  async #pause([least, most]: readonly [number, number], signal: AbortSignal): Promise<void> {
    await delay(this.chance.between(least, most), undefined, { signal });
  }
}

interface Cast {
  inbox: DemoInbox;
  /** The e-mail of who answers. */
  agent: string;
  dialogue: Dialogue;
  customer: { name: string; email: string };
  filled: { order: number; name: string; agent: string };
}

class Scene {
  readonly #id = randomUUID();
  #conversationId = '';
  #said = 0;

  constructor(
    private readonly traffic: DemoTraffic,
    private readonly demo: DemoWorkspace,
    private readonly cast: Cast,
  ) {}

  async play(
    until: Until,
    how: { pause: (() => Promise<void>) | undefined; withPicture: boolean; resolves: boolean },
  ): Promise<void> {
    const { agent, dialogue, filled, inbox } = this.cast;
    const bot = { inbox: this.demo.botKey, telegramInbox: this.demo.telegramBotKey, emailInbox: null }[inbox];
    let taken = false;
    for (const [by, text] of spoken(dialogue, filled)) {
      if (by === 'bot' && bot === null) continue;
      if ((by === 'agent' || by === 'note') && !taken) {
        taken = await this.#handOver(bot, until);
        if (!taken) return;
      }
      if (by === 'customer') await this.#receive(text, how.withPicture && this.#said === 0);
      else if (by === 'note') await this.#add(agent, 'addNote(input: $in) { note { id } }', 'AddNoteInput', text);
      else
        await this.#add(
          by === 'bot' ? bot! : agent,
          'sendMessage(input: $in) { message { id } }',
          'SendMessageInput',
          text,
        );
      if (by === 'agent' && until === 'ANSWERED') return;
      await how.pause?.();
    }
    await this.#mutate(
      agent,
      'setConversationStatus(input: $in) { conversation { id } }',
      'SetConversationStatusInput',
      {
        status: how.resolves ? 'RESOLVED' : 'PENDING',
      },
    );
  }

  /** Whether an agent has it now; false where it is to wait for the team. */
  async #handOver(bot: string | null, until: Until): Promise<boolean> {
    const { agent, dialogue, filled, inbox } = this.cast;
    const { ids } = this.demo;
    if (bot === null) {
      if (until === 'OFFERED') return false;
      await this.#mutate(agent, 'assignConversation(input: $in) { conversation { id } }', 'AssignConversationInput', {
        assigneeId: ids.agents[agent.split('@')[0] as keyof typeof ids.agents],
      });
    } else {
      const offered = await this.#mutate<{ requestHandover: { handover: { id: string } } }>(
        bot,
        'requestHandover(input: $in) { handover { id } }',
        'RequestHandoverInput',
        {
          toTeamId: inbox === 'inbox' ? ids.team : ids.deliveriesTeam,
          reason: dialogue.handover.reason,
          summary: filledIn(dialogue.handover.summary, filled),
        },
      );
      if (until === 'OFFERED') return false;
      await this.traffic.ask(
        agent,
        'mutation($in: AcceptHandoverInput!) { acceptHandover(input: $in) { handover { id } } }',
        {
          in: { handoverId: offered.requestHandover.handover.id },
        },
      );
    }
    const labelId = (await this.traffic.labels()).get(dialogue.label);
    // Who tries the demo may have renamed it.
    if (labelId) {
      await this.#mutate(agent, 'addLabels(input: $in) { conversation { id } }', 'AddLabelsInput', {
        labelIds: [labelId],
      });
    }
    return true;
  }

  async #receive(text: string, withPicture: boolean): Promise<void> {
    const { customer, inbox } = this.cast;
    const answer = await this.traffic.ask<{ receiveMessage: { conversation: { id: string } } }>(
      this.demo.apiKey,
      'mutation($in: ReceiveMessageInput!) { receiveMessage(input: $in) { conversation { id } } }',
      {
        in: {
          inboxId: this.demo.ids[inbox],
          externalId: `${this.#id}-${(this.#said += 1)}`,
          conversationExternalId: this.#id,
          contact: { externalId: this.#id, ...customer },
          text,
          ...(withPicture ? { attachmentIds: [await this.#upload()] } : {}),
        },
      },
    );
    this.#conversationId = answer.receiveMessage.conversation.id;
  }

  async #upload(): Promise<string> {
    const { bytes, sha256 } = picture();
    const { createUploadLink } = await this.traffic.ask<{ createUploadLink: { attachmentId: string; url: string } }>(
      this.demo.apiKey,
      'mutation($in: CreateUploadLinkInput!) { createUploadLink(input: $in) { attachmentId url } }',
      { in: { fileName: 'photo.png', contentType: 'image/png', byteSize: bytes.length, sha256 } },
    );
    const response = await fetch(createUploadLink.url, { method: 'PUT', body: bytes });
    if (!response.ok) throw new Error(`the picture was not taken: ${response.status}`);
    return createUploadLink.attachmentId;
  }

  async #add(as: string, field: string, input: string, text: string): Promise<void> {
    await this.#mutate(as, field, input, { text });
  }

  #mutate<T>(as: string, field: string, input: string, values: object): Promise<T> {
    return this.traffic.ask<T>(as, `mutation($in: ${input}!) { ${field} }`, {
      in: { conversationId: this.#conversationId, ...values },
    });
  }
}
