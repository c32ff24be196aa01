internal import Mustache
internal import Storage

/// The templates of the page, parsed, with the style sheet and the script that belong to them.
struct PageTemplates {
  private let library: MustacheLibrary

  /// Every template by the name under which others include it.
  static let texts = [
    "page": pageTemplate, "group": groupTemplate, "summary": summaryTemplate,
    "violations": violationsTemplate, "charts": chartsTemplate, "legend": legendTemplate,
    "figure": figureTemplate, "layers": layersTemplate, "pictures": picturesTemplate,
    "viewer": viewerTemplate, "goldens": goldensTemplate, "tensors": tensorsTemplate,
    "provenance": provenanceTemplate, "heading": headingTemplate, "cell": cellTemplate,
  ]

  init() throws(PageFailure) {
    MustacheContentTypes.register(MarkupContent(), named: MarkupContent.name)
    var library = MustacheLibrary()
    for (name, text) in Self.texts.sorted(by: { $0.key < $1.key }) {
      do {
        try library.register("{{%CONTENT_TYPE:\(MarkupContent.name)}}" + text, named: name)
      } catch {
        throw .template(name: name, reason: "\(error)")
      }
    }
    self.library = library
  }

  func render(_ model: PageModel) throws(PageFailure) -> String {
    let style = styleSheet + LayersSection.styles
    let frame = Frame(page: model, style: style, script: script, policy: Self.policy(script))
    guard let text = library.render(frame, withTemplate: "page") else {
      throw .template(name: "page", reason: "there is none")
    }
    return text
  }

  private struct Frame {
    let page: PageModel
    let style: String
    let script: String
    let policy: String
  }

  /// Nothing from elsewhere, and no script but ours, known by its digest: should a name in a report
  /// ever get past the escaping, it still does not run.
  private static func policy(_ script: String) -> String {
    var digest = SHA256Digest()
    let bytes = Array(script.utf8)
    digest.update(bytes.rawBytes)
    let digits = Array(digest.hexadecimal.utf8)
    let hash = stride(from: 0, to: digits.count, by: 2).compactMap {
      UInt8(String(decoding: digits[$0..<$0 + 2], as: UTF8.self), radix: 16)
    }
    return "default-src 'none'; img-src data:; style-src 'unsafe-inline'; "
      + "script-src 'sha256-\(base64(hash))'"
  }
}

/// Escapes with `markup`, where Mustache's own way replaces whole characters and so misses a quote
/// with a combining mark.
private struct MarkupContent: MustacheContentType {
  static let name = "markup"

  func escapeText(_ text: String) -> String { markup(text) }
}
