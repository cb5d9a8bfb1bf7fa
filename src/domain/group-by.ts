/** The items by the text that `of` returns for each, in their order. `Map.groupBy` is not in Node 20. */
export function groupBy<Item>(items: Iterable<Item>, of: (item: Item) => string): Map<string, Item[]> {
  const groups = new Map<string, Item[]>();
  for (const item of items) {
    const group = groups.get(of(item));
    if (group === undefined) groups.set(of(item), [item]);
    else group.push(item);
  }
  return groups;
}
