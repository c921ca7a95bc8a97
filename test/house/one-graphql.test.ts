import { GraphQLSchema } from 'graphql';
import { Query, Resolver, buildSchema } from 'type-graphql';
import { expect, test } from 'vitest';

test('type-graphql and the tests use the same copy of graphql', async () => {
  @Resolver()
  class Greeting {
    @Query(() => String)
    hello(): string {
      return 'world';
    }
  }
  expect(await buildSchema({ resolvers: [Greeting] })).toBeInstanceOf(GraphQLSchema);
});
