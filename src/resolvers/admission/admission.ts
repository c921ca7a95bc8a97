import { createHash } from 'node:crypto';
import { Kind, assertValidSchema, type DocumentNode, type GraphQLSchema, type OperationDefinitionNode } from 'graphql';
import { AppError, invalid } from '../../services/errors.js';
import { isForCustomers } from '../for-customers.js';
import { readDocument, usesIntrospection } from './document.js';
import { MalformedRequest, readVariables } from './input.js';
import { exceeded, type AdmissionLimits } from './limits.js';
import { estimateNodes } from './node-estimate.js';
import { fragmentsOf, type Fragments } from './schema-shape.js';

export { usesIntrospection } from './document.js';
export type { AdmissionLimits } from './limits.js';

/** Validated documents kept, and the bytes of query text that all of them together may have. */
const MAX_DOCUMENTS = 500;
const MAX_DOCUMENT_BYTES = 2 * 1024 * 1024;

/** What came in, unchecked. */
export interface OperationRequest {
  query: unknown;
  operationName?: unknown;
  variables?: unknown;
}

/** An operation that may be executed; its variables are still to be coerced by the executor. */
export interface AdmittedOperation {
  document: DocumentNode;
  operation: OperationDefinitionNode;
  /** The name the operation has, also where the request did not give it. */
  operationName: string | null;
  variables: Record<string, unknown>;
  /** Objects it could return, estimated. */
  nodes: number;
  /** Points to take from the caller's bucket: 1 for the operation and 1 for each object. */
  cost: number;
  /** The same for the same text and operation: a key for what is compiled from them. */
  key: string;
  /** Whether the document asks for the schema. */
  introspects: boolean;
  /** Whether the document asks for nothing but what customers may ask for. */
  forCustomers: boolean;
}

interface KnownDocument {
  document: DocumentNode;
  operations: readonly OperationDefinitionNode[];
  fragments: Fragments;
  introspects: boolean;
  forCustomers: boolean;
  hash: string;
  bytes: number;
}

/**
 * Decides whether an operation may be executed, before anything of it is: the same for every transport. Keeps the
 * documents that passed, since clients send the same few texts over and over; what was refused is not kept.
 */
export class Admission {
  /** By query text, least recently used first. */
  readonly #documents = new Map<string, KnownDocument>();
  #documentBytes = 0;

  constructor(
    readonly schema: GraphQLSchema,
    readonly limits: AdmissionLimits,
  ) {
    // Otherwise the first request would be the one to find out.
    assertValidSchema(schema);
  }

  /**
   * @throws AppError VALIDATION_FAILED for what is not well-formed: the text, its names and types, the choice of the
   * operation, the variables; LIMIT_EXCEEDED for what is too large, with the `limit`, its `max` and the `actual` size.
   */
  admit({ query, operationName, variables: given }: OperationRequest): AdmittedOperation {
    if (typeof query !== 'string') throw new MalformedRequest('query', 'must be a string');
    const known = this.#read(query);
    const operation = chooseOperation(known.operations, operationName);
    if (!this.schema.getRootType(operation.operation)) {
      throw new AppError('VALIDATION_FAILED', `There is no ${operation.operation} here.`);
    }
    const variables = readVariables(given);
    const nodes = estimateNodes(operation, known.fragments, this.schema, variables);
    if (nodes > this.limits.maxNodes) throw exceeded('nodes', this.limits.maxNodes, nodes);
    const name = operation.name?.value ?? null;
    return {
      document: known.document,
      operation,
      operationName: name,
      variables,
      nodes,
      cost: 1 + nodes,
      key: `${known.hash}:${name ?? ''}`,
      introspects: known.introspects,
      forCustomers: known.forCustomers,
    };
  }

  #read(query: string): KnownDocument {
    const bytes = Buffer.byteLength(query);
    if (bytes > this.limits.maxQueryBytes) throw exceeded('queryBytes', this.limits.maxQueryBytes, bytes);
    let known = this.#documents.get(query);
    if (known) {
      this.#documents.delete(query);
    } else {
      const document = readDocument(query, this.schema, this.limits);
      known = {
        document,
        operations: document.definitions.filter((definition) => definition.kind === Kind.OPERATION_DEFINITION),
        fragments: fragmentsOf(document),
        introspects: usesIntrospection(document),
        forCustomers: isForCustomers(this.schema, document),
        hash: createHash('sha256').update(query).digest('base64url'),
        bytes,
      };
      this.#documentBytes += bytes;
    }
    this.#documents.set(query, known);
    this.#forgetOldest();
    return known;
  }

  #forgetOldest(): void {
    for (const [query, { bytes }] of this.#documents) {
      if (this.#documents.size <= MAX_DOCUMENTS && this.#documentBytes <= MAX_DOCUMENT_BYTES) return;
      this.#documents.delete(query);
      this.#documentBytes -= bytes;
    }
  }
}

function chooseOperation(operations: readonly OperationDefinitionNode[], name: unknown): OperationDefinitionNode {
  const refuse = (message: string) => invalid({ path: 'operationName', message });
  if (name === undefined || name === null) {
    const [only] = operations;
    if (!only) throw new AppError('VALIDATION_FAILED', 'The document has no operation.');
    if (operations.length > 1) throw refuse('must say which of the operations is meant');
    return only;
  }
  if (typeof name !== 'string') throw new MalformedRequest('operationName', 'must be a string');
  const found = operations.find((operation) => operation.name?.value === name);
  if (!found) throw refuse('must be the name of an operation in the document');
  return found;
}
