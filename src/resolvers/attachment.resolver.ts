import { Arg, Ctx, FieldResolver, Mutation, Resolver, Root } from 'type-graphql';
import {
  AttachmentType,
  CreateDownloadLinkInputType,
  CreateDownloadLinkPayload,
  CreateUploadLinkInputType,
  CreateUploadLinkPayload,
  SetSpeechInputType,
  SetSpeechPayload,
  SpeechSegmentType,
} from '../schema/attachment.type.js';
import { MessageRevisionType } from '../schema/note.type.js';
import { createUploadLink } from '../services/attachments/create-upload-link.js';
import { createDownloadLink } from '../services/attachments/download-attachment.js';
import type { AttachmentRow } from '../services/attachments/read-attachments.js';
import { setSpeech } from '../services/attachments/set-speech.js';
import type { RevisionRow } from '../services/conversations/read-transcript.js';
import type { ApiContext } from './context.js';

@Resolver(() => AttachmentType)
export class AttachmentResolver {
  @Mutation(() => CreateUploadLinkPayload, {
    description:
      'Gives a short-lived link to put a file that will be sent with a message. Errors: NOT_FOUND, FORBIDDEN, VALIDATION_FAILED; CONFLICT where 100 files of yours wait to be sent.',
  })
  createUploadLink(
    @Arg('input', () => CreateUploadLinkInputType) input: CreateUploadLinkInputType,
    @Ctx() { call }: ApiContext,
  ) {
    return createUploadLink(call, input);
  }

  @Mutation(() => CreateDownloadLinkPayload, {
    description:
      'Gives a short-lived link to fetch a file, to whoever sees its conversation; that is on the record before. Errors: NOT_FOUND, VALIDATION_FAILED.',
  })
  createDownloadLink(
    @Arg('input', () => CreateDownloadLinkInputType) input: CreateDownloadLinkInputType,
    @Ctx() { call }: ApiContext,
  ) {
    return createDownloadLink(call, input);
  }

  @Mutation(() => SetSpeechPayload, {
    description:
      'Writes down what is said in a sound, a video or a recording that was sent, in place of what was written down of it before; the same again changes nothing. By whoever may answer in its conversation. Errors: NOT_FOUND, FORBIDDEN, VALIDATION_FAILED; CONFLICT once its message is deleted, or its contact erased.',
  })
  async setSpeech(
    @Arg('input', () => SetSpeechInputType) input: SetSpeechInputType,
    @Ctx() { call, loaders }: ApiContext,
  ) {
    return { attachment: await loaders.attachment.load(await setSpeech(call, input)) };
  }

  @FieldResolver(() => [SpeechSegmentType])
  speech(@Root() attachment: AttachmentRow, @Ctx() { loaders }: ApiContext) {
    return loaders.speech.load(attachment.id);
  }
}

@Resolver(() => MessageRevisionType)
export class MessageRevisionResolver {
  @FieldResolver(() => [AttachmentType], { description: 'The files that it was sent with, also once it is deleted.' })
  attachments(@Root() revision: RevisionRow, @Ctx() { loaders }: ApiContext) {
    return loaders.attachments.load(revision.entryId);
  }
}
