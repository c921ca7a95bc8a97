import { getOperationAST, Kind, type DocumentNode, type FragmentDefinitionNode, type SelectionSetNode } from 'graphql';
import type { Operation } from './execution.js';

/** The name of the field that a subscription asks for, which has exactly one. */
export function rootFieldOf({ document, operationName }: Pick<Operation, 'document' | 'operationName'>): string {
  const operation = getOperationAST(document, operationName);
  return (operation && firstOf(operation.selectionSet, document)) ?? 'unknown';
}

function firstOf({ selections }: SelectionSetNode, document: DocumentNode): string | undefined {
  for (const selection of selections) {
    if (selection.kind === Kind.FIELD) return selection.name.value;
    const inner = selection.kind === Kind.INLINE_FRAGMENT ? selection : fragmentOf(document, selection.name.value);
    const found = inner && firstOf(inner.selectionSet, document);
    if (found !== undefined) return found;
  }
  return undefined;
}

const fragmentOf = (document: DocumentNode, name: string): FragmentDefinitionNode | undefined =>
  document.definitions.find(
    (one): one is FragmentDefinitionNode => one.kind === Kind.FRAGMENT_DEFINITION && one.name.value === name,
  );
