import { ArgsType, Field, Int, ObjectType, type ClassType } from 'type-graphql';

@ObjectType({ simpleResolvers: true, description: 'Where a page stands in its list.' })
export class PageInfo {
  @Field(() => Boolean, { description: 'There is more after this page; known for sure when paging forwards.' })
  hasNextPage!: boolean;
  @Field(() => Boolean, { description: 'There is more before this page; known for sure when paging backwards.' })
  hasPreviousPage!: boolean;
  @Field(() => String, { nullable: true, description: 'Give this as `before` to get the page before.' })
  startCursor!: string | null;
  @Field(() => String, { nullable: true, description: 'Give this as `after` to get the next page.' })
  endCursor!: string | null;
}

/**
 * The connection of a type: `nodes` for most, `edges` for who needs each cursor.
 * @param streamable adds `eventCursor`, to subscribe from.
 */
export function connectionOf<T extends object>(
  Node: ClassType<T>,
  name: string,
  { streamable }: { streamable: boolean },
) {
  @ObjectType(`${name}Edge`, { simpleResolvers: true, description: 'One row of the page with its cursor.' })
  class Edge {
    @Field(() => String, { description: 'The place of this row in the list.' })
    cursor!: string;
    @Field(() => Node, { description: 'The row.' })
    node!: T;
  }

  @ObjectType(`${name}Connection`, {
    simpleResolvers: true,
    description: 'A page of a list, 1 to 100 rows, 25 unless asked.',
  })
  class Connection {
    @Field(() => [Edge], { description: 'The rows, each with its cursor.' })
    edges!: Edge[];
    @Field(() => [Node], { description: 'The rows.' })
    nodes!: T[];
    @Field(() => PageInfo, { description: 'Where this page stands in the list.' })
    pageInfo!: PageInfo;
  }
  if (streamable) {
    Field(() => String, {
      description:
        'Read before any of the rows: subscribe with it as `afterEvent`, and nothing that happened since is missed.',
    })(Connection.prototype, 'eventCursor');
  }
  return Connection;
}

@ArgsType()
export class PageForwards {
  @Field(() => Int, { nullable: true, description: 'How many rows, 1 to 100; 25 unless given.' })
  first?: number | null;
  @Field(() => String, { nullable: true, description: 'Go on after this cursor of the same list.' })
  after?: string | null;
}

@ArgsType()
export class PageBothWays extends PageForwards {
  @Field(() => Int, { nullable: true, description: 'How many rows from the end, 1 to 100. Not together with `first`.' })
  last?: number | null;
  @Field(() => String, { nullable: true, description: 'Go back before this cursor of the same list.' })
  before?: string | null;
}
