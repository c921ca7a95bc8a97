import { GraphQLDateTime, GraphQLJSON, GraphQLSafeInt } from 'graphql-scalars';

/** A moment: RFC 3339, UTC, milliseconds. */
export const DateTime = GraphQLDateTime;
/** Any JSON value. */
export const Json = GraphQLJSON;
/** An integer of up to 2^53 − 1. */
export const SafeInt = GraphQLSafeInt;
