import { Arg, Ctx, FieldResolver, Mutation, Resolver, Root } from 'type-graphql';
import {
  AttachmentType,
  CreateDownloadLinkInputType,
  CreateDownloadLinkPayload,
  CreateUploadLinkInputType,
  CreateUploadLinkPayload,
} from '../schema/attachment.type.js';
import { MessageRevisionType } from '../schema/note.type.js';
import { createUploadLink } from '../services/attachments/create-upload-link.js';
import { createDownloadLink } from '../services/attachments/download-attachment.js';
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
}

@Resolver(() => MessageRevisionType)
export class MessageRevisionResolver {
  @FieldResolver(() => [AttachmentType], { description: 'The files that it was sent with, also once it is deleted.' })
  attachments(@Root() revision: RevisionRow, @Ctx() { loaders }: ApiContext) {
    return loaders.attachments.load(revision.entryId);
  }
}
