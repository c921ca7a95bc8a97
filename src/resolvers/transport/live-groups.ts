import { Kind, TypeInfo, visit, visitWithTypeInfo, type DocumentNode, type GraphQLSchema } from 'graphql';
import { contentClassOf } from '../../services/streams/reader.js';
import { deliveryOf } from '../../services/streams/stream-definition.js';
import type { Tail } from '../../services/streams/tail.js';
import type { Execution, Operation } from './execution.js';
import type { Following } from './following.js';
import { LiveGroup } from './live-group.js';
import { SharedReplays, type ShareFrame } from './shared-replays.js';

/** What those share who follow one log on this node. */
interface Followed {
  groups: Map<string, LiveGroup>;
  replays: SharedReplays;
}

/** The groups of this node: who follows alike shares one. */
export class LiveGroups {
  readonly #followed = new WeakMap<Tail, Followed>();

  constructor(private readonly execution: Execution) {}

  /** Joins the group of all who follow alike; null where that group is giving events that this one has not had. */
  join(following: Following): LiveGroup | null {
    const { groups } = this.#of(following);
    const key = groupKeyOf(following, this.execution.schema);
    let group = groups.get(key);
    if (!group) {
      const forget = () => groups.delete(key);
      groups.set(key, (group = new LiveGroup(following, this.execution, forget)));
    }
    return group.join(following) ? group : null;
  }

  /**
   * Lets it share what it loads while it is behind with all who are where it is.
   * @returns the same for its frames.
   */
  shareReplays(following: Following): ShareFrame {
    const { stream } = following;
    const { replays } = this.#of(following);
    const key = () => groupKeyOf(following, this.execution.schema);
    stream.delivery = deliveryOf(stream.call, stream.delivery.definition!, (events, situation, load) =>
      replays.load(key(), events, situation, load),
    );
    return (event, make) => replays.frame(key(), event, make);
  }

  #of({ stream }: Following): Followed {
    const { tail, call } = stream;
    let followed = this.#followed.get(tail);
    if (!followed) {
      followed = { groups: new Map(), replays: new SharedReplays(() => call.app.now().getTime()) };
      this.#followed.set(tail, followed);
    }
    return followed;
  }
}

/**
 * What members of a group have in common: everything that can make a difference to what a frame contains. What they
 * see is no part of it, that is decided for each event.
 */
function groupKeyOf({ stream, operation, perViewer }: Following, schema: GraphQLSchema): string {
  const { principal } = stream.call;
  const { kind, id } = principal;
  return JSON.stringify([
    operation.key,
    variablesOf(operation, schema),
    contentClassOf(principal),
    // A field of the viewer's own may ask for what they see, so that must be the same too.
    ...(perViewer ? [kind, id, stream.rights] : []),
  ]);
}

const places = new WeakMap<DocumentNode, ReadonlySet<string>>();

/** The variables as one text, in whatever order they were sent; without where the stream was to begin. */
function variablesOf({ document, variables }: Operation, schema: GraphQLSchema): string {
  let beginnings = places.get(document);
  if (!beginnings) places.set(document, (beginnings = beginningsOf(document, schema)));
  const rest = Object.entries(variables).filter(([name]) => !beginnings.has(name));
  return JSON.stringify(Object.fromEntries(rest), (_name, value: unknown) =>
    typeof value === 'object' && value !== null && !Array.isArray(value)
      ? Object.fromEntries(Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1)))
      : value,
  );
}

/** The variables that are used for nothing but the `afterEvent` of a stream. */
function beginningsOf(document: DocumentNode, schema: GraphQLSchema): ReadonlySet<string> {
  const beginnings = new Set<string>();
  const others = new Set<string>();
  const typeInfo = new TypeInfo(schema);
  visit(
    document,
    visitWithTypeInfo(typeInfo, {
      VariableDefinition: () => false,
      Argument({ name, value }) {
        const isBeginning = name.value === 'afterEvent' && typeInfo.getParentType() === schema.getSubscriptionType();
        if (!isBeginning || value.kind !== Kind.VARIABLE) return undefined;
        beginnings.add(value.name.value);
        return false;
      },
      Variable({ name }) {
        others.add(name.value);
      },
    }),
  );
  return new Set([...beginnings].filter((name) => !others.has(name)));
}
