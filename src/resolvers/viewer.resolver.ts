import { Arg, Ctx, FieldResolver, Mutation, Query, Resolver, Root } from 'type-graphql';
import { ErrorCodeDescriptionType } from '../schema/error-code.type.js';
import { RevokeSessionPayload, SignInPayload, SignOutPayload } from '../schema/payloads.type.js';
import { RefreshSessionInputType, RevokeSessionInputType, SignInInputType } from '../schema/people.input.js';
import { ActorType } from '../schema/actor.type.js';
import { SessionType, ViewerType, WorkspaceType } from '../schema/workspace.type.js';
import { listSessions, refreshSession, revokeSession, signOut, type SignedIn } from '../services/accounts/sessions.js';
import { signIn } from '../services/accounts/sign-in.js';
import { errorCodes } from '../services/error-codes.js';
import { ownWorkspace } from '../services/lookups.js';
import { permissionsOf } from '../services/permissions.js';
import type { Principal } from '../services/principal.js';
import type { ApiContext } from './context.js';

/** A viewer is resolved from its own context: at sign-in that is not yet the request's. */
interface ViewerRoot {
  principal: Principal;
  context: ApiContext;
}

@Resolver(() => ViewerType)
export class ViewerResolver {
  @Query(() => ViewerType, { description: 'Who is asking, and what they may do.' })
  viewer(@Ctx() context: ApiContext): ViewerRoot {
    return { principal: context.call.principal, context };
  }

  @Query(() => [ErrorCodeDescriptionType], { description: 'Every code that an error can carry. Needs no sign-in.' })
  errorCodes(): ErrorCodeDescriptionType[] {
    return Object.entries(errorCodes).map(([code, { description, retriable }]) => ({ code, description, retriable }));
  }

  @Mutation(() => SignInPayload, {
    description:
      'Opens a session. Errors: UNAUTHENTICATED, RATE_LIMITED; VALIDATION_FAILED when the workspace must be named.',
  })
  async signIn(@Arg('input', () => SignInInputType) input: SignInInputType, @Ctx() context: ApiContext) {
    return signInPayload(await signIn(context.open, input), context);
  }

  @Mutation(() => SignInPayload, {
    description: 'Continues a session with its refresh token, which is good once. Errors: UNAUTHENTICATED.',
  })
  async refreshSession(
    @Arg('input', () => RefreshSessionInputType) input: RefreshSessionInputType,
    @Ctx() context: ApiContext,
  ) {
    return signInPayload(await refreshSession(context.open, input.refreshToken), context);
  }

  @Query(() => [SessionType], {
    description:
      'The viewer’s sessions that have not ended, newest first, 250 at most. Errors: FORBIDDEN for API keys.',
  })
  async sessions(@Ctx() context: ApiContext) {
    const { sessionId } = context.call.principal;
    return (await listSessions(context.call)).map((session) => ({ ...session, current: session.id === sessionId }));
  }

  @Mutation(() => RevokeSessionPayload, {
    description:
      'Ends a session and closes its sockets: one’s own, or as an administrator anybody’s. Errors: NOT_FOUND, VALIDATION_FAILED.',
  })
  async revokeSession(
    @Arg('input', () => RevokeSessionInputType) input: RevokeSessionInputType,
    @Ctx() context: ApiContext,
  ): Promise<RevokeSessionPayload> {
    return { sessionId: await revokeSession(context.call, input) };
  }

  @Mutation(() => SignOutPayload, {
    description: 'Ends the caller’s session and closes its sockets. Errors: UNAUTHENTICATED, FORBIDDEN for API keys.',
  })
  async signOut(@Ctx() context: ApiContext): Promise<SignOutPayload> {
    await signOut(context.call);
    return { signedOut: true };
  }

  @FieldResolver(() => ActorType)
  actor(@Root() { principal, context }: ViewerRoot) {
    return context.loaders.actor({ kind: principal.kind, id: principal.id });
  }

  @FieldResolver(() => WorkspaceType)
  workspace(@Root() { context }: ViewerRoot) {
    return ownWorkspace(context.call);
  }

  @FieldResolver()
  role(@Root() { principal }: ViewerRoot): ViewerType['role'] {
    return principal.role;
  }

  @FieldResolver()
  scopes(@Root() { principal }: ViewerRoot): ViewerType['scopes'] {
    return [...principal.scopes];
  }

  @FieldResolver()
  permissions(@Root() { principal }: ViewerRoot): ViewerType['permissions'] {
    return permissionsOf(principal);
  }

  @FieldResolver(() => SessionType, { nullable: true })
  async session(@Root() { principal, context }: ViewerRoot) {
    const session = principal.sessionId ? await context.loaders.session.load(principal.sessionId) : null;
    return session && { ...session, current: true };
  }
}

/** The tokens of a session that was just opened, and who has it. */
export const signInPayload = ({ principal, ...tokens }: SignedIn, context: ApiContext) => ({
  ...tokens,
  viewer: { principal, context: context.as(principal) } satisfies ViewerRoot,
});
