"""What goes over the socket: new rows, and those that look otherwise than they did."""

from distviz.live.drawing import HtmlDrawing


def test_rows_that_were_corrected_are_sent_again_with_the_new_ones() -> None:
    drawing = HtmlDrawing(8, ["<li>8</li>", "<li>9</li>"], (), "en", ["<li>6</li>"])
    frame, _shown = drawing.frame(7, (), 0)
    assert "<li>6</li><li>8</li><li>9</li>" in "".join(frame.texts)
    later, _shown = drawing.frame(8, (), 0)
    assert "<li>6</li><li>9</li>" in "".join(later.texts)
