/// Where a matrix lies in a span: its first element and the distance between rows.
package struct MatrixPlace: Sendable {
  package var offset: Int
  package var stride: Int

  package init(offset: Int = 0, stride: Int) {
    self.offset = offset
    self.stride = stride
  }
}
