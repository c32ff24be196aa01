/// A name for the run of each prompt: its first words, and a number where two would be alike.
func identifiers(for prompts: [String]) -> [String] {
  let longest = 40
  var used: Set<String> = []
  return prompts.enumerated().map { index, prompt in
    var name = ""
    for scalar in prompt.lowercased().unicodeScalars where name.count < longest {
      if ("a"..."z").contains(scalar) || ("0"..."9").contains(scalar) {
        name.unicodeScalars.append(scalar)
      } else if !name.isEmpty, !name.hasSuffix("-") {
        name += "-"
      }
    }
    while name.hasSuffix("-") { name.removeLast() }
    if name.isEmpty { name = "prompt" }
    if !used.insert(name).inserted {
      // The position makes it distinct, unless a prompt is called like that.
      name += "-\(index + 1)"
      while !used.insert(name).inserted { name += "-\(index + 1)" }
    }
    return name
  }
}
