/// Consecutive elements in groups whose sizes sum to at most `limit`; a larger one stands alone.
package func grouped<Element>(
  _ elements: [Element], limit: Int, size: (Element) -> Int
) -> [[Element]] {
  var groups: [[Element]] = []
  var total = 0
  for element in elements {
    let next = size(element)
    if groups.isEmpty || total + next > limit {
      groups.append([])
      total = 0
    }
    groups[groups.count - 1].append(element)
    total += next
  }
  return groups
}
