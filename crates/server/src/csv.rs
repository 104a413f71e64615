//! Comma-separated values as RFC 4180 has them, safe to open in a spreadsheet.

/// Appends one row, ended by a carriage return and a line feed.
pub(crate) fn row<'c>(out: &mut String, cells: impl IntoIterator<Item = &'c str>) {
    for (index, text) in cells.into_iter().enumerate() {
        if index > 0 {
            out.push(',');
        }
        cell(out, text);
    }
    out.push_str("\r\n");
}

/// A spreadsheet would take a cell that begins with one of these for a formula; an apostrophe before it makes it text.
fn is_formula(text: &str) -> bool {
    text.starts_with(['=', '+', '-', '@', '\t', '\r'])
}

fn cell(out: &mut String, text: &str) {
    let apostrophe = if is_formula(text) { "'" } else { "" };
    if text.contains(['"', ',', '\n', '\r']) {
        out.push('"');
        out.push_str(apostrophe);
        out.push_str(&text.replace('"', "\"\""));
        out.push('"');
    } else {
        out.push_str(apostrophe);
        out.push_str(text);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_are_quoted_and_never_formulas() {
        for (text, expect) in [
            ("plain", "plain"),
            ("", ""),
            ("a,b", "\"a,b\""),
            ("say \"hi\"", "\"say \"\"hi\"\"\""),
            ("two\nlines", "\"two\nlines\""),
            ("=1+1", "'=1+1"),
            ("+49 89", "'+49 89"),
            ("-2", "'-2"),
            ("@SUM(A1)", "'@SUM(A1)"),
            ("\tx", "'\tx"),
            ("\rx", "\"'\rx\""),
            ("=HYPERLINK(\"http://x\",\"y\")", "\"'=HYPERLINK(\"\"http://x\"\",\"\"y\"\")\""),
            ("a=b", "a=b"),
            ("Überlauf 日本", "Überlauf 日本"),
        ] {
            let mut out = String::new();
            row(&mut out, [text]);
            assert_eq!(out, format!("{expect}\r\n"), "{text:?}");
        }
        let mut out = String::new();
        row(&mut out, ["a", "b", ""]);
        assert_eq!(out, "a,b,\r\n");
    }
}
