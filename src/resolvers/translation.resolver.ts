import { Arg, Ctx, FieldResolver, Mutation, Resolver, Root } from 'type-graphql';
import { ActorType } from '../schema/actor.type.js';
import { SetTranslationPayload } from '../schema/payloads.type.js';
import { MessageType } from '../schema/transcript.type.js';
import { SetTranslationInputType, TranslationType } from '../schema/translation.type.js';
import type { MessageRow } from '../services/conversations/read-transcript.js';
import { languageOf } from '../services/translations/language.js';
import type { TranslationRow } from '../services/translations/read-translations.js';
import { setTranslation } from '../services/translations/set-translation.js';
import type { ApiContext } from './context.js';

@Resolver(() => TranslationType)
export class TranslationResolver {
  @Mutation(() => SetTranslationPayload, {
    description:
      'Sets what a message says in another language, beside what it says, in place of what was set for that language before; the same again changes nothing. By whoever may answer in its conversation. Errors: NOT_FOUND, FORBIDDEN, VALIDATION_FAILED; CONFLICT once it is deleted, says something else, is in 50 languages, or its contact was erased.',
  })
  async setTranslation(
    @Arg('input', () => SetTranslationInputType) input: SetTranslationInputType,
    @Ctx() { call, loaders }: ApiContext,
  ) {
    return { message: await loaders.message.load(await setTranslation(call, input)) };
  }

  @FieldResolver(() => ActorType, { nullable: true })
  translatedBy(@Root() { actorKind, actorId }: TranslationRow, @Ctx() { loaders }: ApiContext) {
    return loaders.actor({ kind: actorKind, id: actorId });
  }
}

@Resolver(() => MessageType)
export class MessageTranslationResolver {
  @FieldResolver(() => TranslationType, { nullable: true })
  translation(
    @Root() message: MessageRow,
    @Arg('language', () => String, {
      nullable: true,
      description: 'Into exactly this language, as a BCP 47 tag; the newest into any unless given.',
    })
    language: string | null,
    @Ctx() { loaders }: ApiContext,
  ) {
    return loaders.translation.load({
      messageId: message.id,
      language: language == null ? null : languageOf(language),
    });
  }
}
