import { Arg, Ctx, Mutation, Resolver } from 'type-graphql';
import {
  AddLabelsInputType,
  MarkConversationReadInputType,
  MarkSpamInputType,
  PinConversationInputType,
  RemoveLabelsInputType,
  SetConversationPriorityInputType,
  StarConversationInputType,
  UnmarkSpamInputType,
  UnpinConversationInputType,
  UnstarConversationInputType,
  UpdateConversationInputType,
} from '../schema/conversation-details.input.js';
import {
  AddLabelsPayload,
  MarkConversationReadPayload,
  MarkSpamPayload,
  PinConversationPayload,
  RemoveLabelsPayload,
  SetConversationPriorityPayload,
  StarConversationPayload,
  UnmarkSpamPayload,
  UnpinConversationPayload,
  UnstarConversationPayload,
  UpdateConversationPayload,
} from '../schema/payloads.type.js';
import { setLabels, type Labelled } from '../services/labels/set-labels.js';
import { markConversationRead, setStarred } from '../services/conversations/read-state.js';
import {
  setConversationPriority,
  setPinned,
  setSpam,
  updateConversation,
} from '../services/conversations/update-conversation.js';
import type { ApiContext } from './context.js';
import type { Loaders } from './loaders.js';

@Resolver()
export class ConversationDetailsResolver {
  @Mutation(() => SetConversationPriorityPayload, {
    description: 'Sets how much a conversation presses. Errors: NOT_FOUND, FORBIDDEN, VALIDATION_FAILED.',
  })
  async setConversationPriority(
    @Arg('input', () => SetConversationPriorityInputType) input: SetConversationPriorityInputType,
    @Ctx() { call, loaders }: ApiContext,
  ) {
    return { conversation: await loaders.conversation.load(await setConversationPriority(call, input)) };
  }

  @Mutation(() => PinConversationPayload, {
    description: 'Pins a conversation for everybody. Errors: NOT_FOUND, FORBIDDEN, VALIDATION_FAILED.',
  })
  async pinConversation(
    @Arg('input', () => PinConversationInputType) input: PinConversationInputType,
    @Ctx() { call, loaders }: ApiContext,
  ) {
    return { conversation: await loaders.conversation.load(await setPinned(call, input, true)) };
  }

  @Mutation(() => UnpinConversationPayload, {
    description: 'Unpins a conversation. Errors: NOT_FOUND, FORBIDDEN, VALIDATION_FAILED.',
  })
  async unpinConversation(
    @Arg('input', () => UnpinConversationInputType) input: UnpinConversationInputType,
    @Ctx() { call, loaders }: ApiContext,
  ) {
    return { conversation: await loaders.conversation.load(await setPinned(call, input, false)) };
  }

  @Mutation(() => MarkSpamPayload, {
    description:
      'Takes a conversation out of the inbox as spam, and withdraws an open handover. Errors: NOT_FOUND, FORBIDDEN, VALIDATION_FAILED.',
  })
  async markSpam(
    @Arg('input', () => MarkSpamInputType) input: MarkSpamInputType,
    @Ctx() { call, loaders }: ApiContext,
  ) {
    return { conversation: await loaders.conversation.load(await setSpam(call, input, true)) };
  }

  @Mutation(() => UnmarkSpamPayload, {
    description:
      'Takes a conversation back into the inbox, as it was when it was marked as spam. Errors: NOT_FOUND, FORBIDDEN, VALIDATION_FAILED.',
  })
  async unmarkSpam(
    @Arg('input', () => UnmarkSpamInputType) input: UnmarkSpamInputType,
    @Ctx() { call, loaders }: ApiContext,
  ) {
    return { conversation: await loaders.conversation.load(await setSpam(call, input, false)) };
  }

  @Mutation(() => StarConversationPayload, {
    description: 'Puts the viewer’s own star on a conversation. Errors: NOT_FOUND; FORBIDDEN for keys and bots.',
  })
  async starConversation(
    @Arg('input', () => StarConversationInputType) input: StarConversationInputType,
    @Ctx() { call, loaders }: ApiContext,
  ) {
    return { conversation: await loaders.conversation.load(await setStarred(call, input, true)) };
  }

  @Mutation(() => UnstarConversationPayload, {
    description: 'Takes the viewer’s own star from a conversation. Errors: NOT_FOUND; FORBIDDEN for keys and bots.',
  })
  async unstarConversation(
    @Arg('input', () => UnstarConversationInputType) input: UnstarConversationInputType,
    @Ctx() { call, loaders }: ApiContext,
  ) {
    return { conversation: await loaders.conversation.load(await setStarred(call, input, false)) };
  }

  @Mutation(() => MarkConversationReadPayload, {
    description:
      'Marks a conversation as read by the viewer, up to a position or altogether. Errors: NOT_FOUND; FORBIDDEN for keys and bots.',
  })
  async markConversationRead(
    @Arg('input', () => MarkConversationReadInputType) input: MarkConversationReadInputType,
    @Ctx() { call, loaders }: ApiContext,
  ) {
    return { conversation: await loaders.conversation.load(await markConversationRead(call, input)) };
  }

  @Mutation(() => UpdateConversationPayload, {
    description: 'Changes what a conversation is about. Errors: NOT_FOUND, FORBIDDEN, VALIDATION_FAILED.',
  })
  async updateConversation(
    @Arg('input', () => UpdateConversationInputType) input: UpdateConversationInputType,
    @Ctx() { call, loaders }: ApiContext,
  ) {
    return { conversation: await loaders.conversation.load(await updateConversation(call, input)) };
  }

  @Mutation(() => AddLabelsPayload, {
    description:
      'Puts labels on a conversation or a contact. Errors: NOT_FOUND, FORBIDDEN, VALIDATION_FAILED; CONFLICT for a contact who was merged.',
  })
  async addLabels(
    @Arg('input', () => AddLabelsInputType) input: AddLabelsInputType,
    @Ctx() { call, loaders }: ApiContext,
  ) {
    return labelled(await setLabels(call, input, true), loaders);
  }

  @Mutation(() => RemoveLabelsPayload, {
    description:
      'Takes labels from a conversation or a contact. Errors: NOT_FOUND, FORBIDDEN, VALIDATION_FAILED; CONFLICT for a contact who was merged.',
  })
  async removeLabels(
    @Arg('input', () => RemoveLabelsInputType) input: RemoveLabelsInputType,
    @Ctx() { call, loaders }: ApiContext,
  ) {
    return labelled(await setLabels(call, input, false), loaders);
  }
}

const labelled = async ({ conversationId, contactId }: Labelled, loaders: Loaders) => ({
  conversation: conversationId && (await loaders.conversation.load(conversationId)),
  contact: contactId && (await loaders.contact.load(contactId)),
});
