//! From text to the tree.

use super::{Attribute, Block, Body, Expression, Text, json, variable};
use image_lint_model::value::Value;
use image_lint_text::meter::Meter;
use image_lint_text::source::Span;

/// Blocks, lists and objects nest this deep.
const MAX_DEPTH: usize = 40;

/// Reads a file; it ends where the meter does.
pub(in crate::extract) fn parse(text: &str, meter: &Meter) -> Body {
    let mut parser = Parser { text, at: 0, meter };
    parser.body(0)
}

/// Reads a file in JSON, whose values are written as the language's own.
pub(in crate::extract) fn parse_json(text: &str, meter: &Meter) -> Body {
    let mut parser = Parser { text, at: 0, meter };
    parser.blanks(true);
    match parser.operand(0) {
        Expression::Object(pairs) => json::body(pairs),
        _ => Body::default(),
    }
}

struct Parser<'t> {
    text: &'t str,
    at: usize,
    meter: &'t Meter,
}

impl Parser<'_> {
    fn peek(&self) -> Option<char> {
        self.text[self.at..].chars().next()
    }

    fn rest(&self) -> &str {
        &self.text[self.at..]
    }

    /// One character further.
    fn step(&mut self) {
        self.at += self.peek().map_or(0, char::len_utf8);
    }

    fn is_over(&self) -> bool {
        self.at >= self.text.len() || self.meter.charge(1).is_err()
    }

    /// Passes blanks and comments; line ends too with `lines`.
    fn blanks(&mut self, lines: bool) {
        while !self.is_over() {
            let rest = self.rest();
            let to = |mark: &str, more: usize| rest.find(mark).map_or(rest.len(), |end| end + more);
            if rest.starts_with('#') || rest.starts_with("//") {
                self.at += to("\n", 0);
            } else if rest.starts_with("/*") {
                self.at += to("*/", 2);
            } else if self
                .peek()
                .is_some_and(|c| c.is_whitespace() && (lines || c != '\n'))
            {
                self.step();
            } else {
                return;
            }
        }
    }

    fn body(&mut self, depth: usize) -> Body {
        let mut body = Body::default();
        if depth > MAX_DEPTH {
            return body;
        }
        loop {
            self.blanks(true);
            if self.is_over() || self.peek() == Some('}') {
                break;
            }
            let start = self.at;
            match self.word() {
                Some(name) => self.statement(name, start, depth, &mut body),
                None => self.step(),
            }
        }
        body
    }

    /// `name = value`, or `kind "label" {`.
    fn statement(&mut self, name: String, start: usize, depth: usize, body: &mut Body) {
        let span = Span::new(start, self.at);
        self.blanks(false);
        if self.peek() == Some('=') && !self.rest().starts_with("==") {
            self.step();
            let value = self.expression(depth + 1);
            body.attributes.push(Attribute { name, value });
            return;
        }
        let mut labels = Vec::new();
        loop {
            match self.peek() {
                Some('"') => labels.push(self.string().value.written()),
                Some(c) if c.is_alphabetic() || c == '_' => labels.extend(self.word()),
                _ => break,
            }
            self.blanks(false);
        }
        if self.peek() == Some('{') {
            self.step();
            let inner = self.body(depth + 1);
            self.close('}');
            body.blocks.push(Block {
                kind: name,
                labels,
                span,
                body: inner,
            });
        }
    }

    fn close(&mut self, mark: char) {
        self.blanks(true);
        if self.peek() == Some(mark) {
            self.step();
        }
    }

    fn word(&mut self) -> Option<String> {
        let is_part = |c: char| c.is_alphanumeric() || matches!(c, '_' | '-' | '.');
        let rest = self.rest();
        let len = rest.find(|c| !is_part(c)).unwrap_or(rest.len());
        let word = rest[..len].to_owned();
        let first = word.chars().next()?;
        if !first.is_alphabetic() && first != '_' {
            return None;
        }
        self.at += len;
        Some(word)
    }

    /// A value, and whatever is left of its expression on the line.
    fn expression(&mut self, depth: usize) -> Expression {
        self.blanks(false);
        let value = self.operand(depth);
        self.blanks(false);
        match self.peek() {
            None | Some('\n' | ',' | '}' | ']' | ')' | ':') => value,
            // An operator: the whole is not known.
            _ => {
                self.pass_rest(depth);
                Expression::Other
            }
        }
    }

    fn operand(&mut self, depth: usize) -> Expression {
        if depth > MAX_DEPTH {
            return Expression::Other;
        }
        match self.peek() {
            Some('"') => Expression::Text(self.string()),
            Some('[') => {
                self.step();
                Expression::List(self.list(']', depth))
            }
            Some('{') => {
                self.step();
                Expression::Object(self.object(depth))
            }
            Some('<') if self.rest().starts_with("<<") => self.heredoc(),
            Some(_) => {
                let start = self.at;
                match self.word() {
                    Some(_) if self.peek() == Some('(') => {
                        self.step();
                        Expression::Call(self.list(')', depth))
                    }
                    Some(name) => Expression::Name(Span::new(start, self.at), name),
                    None => Expression::Other,
                }
            }
            None => Expression::Other,
        }
    }

    fn list(&mut self, end: char, depth: usize) -> Vec<Expression> {
        let mut items = Vec::new();
        loop {
            self.blanks(true);
            match self.peek() {
                None => return items,
                Some(c) if c == end => {
                    self.step();
                    return items;
                }
                Some(',') => self.step(),
                Some(_) => {
                    let before = self.at;
                    items.push(self.expression(depth + 1));
                    if self.at == before {
                        self.step();
                    }
                }
            }
            if self.is_over() {
                return items;
            }
        }
    }

    fn object(&mut self, depth: usize) -> Vec<(String, Expression)> {
        let mut pairs = Vec::new();
        loop {
            self.blanks(true);
            let before = self.at;
            let key = match self.peek() {
                None => return pairs,
                Some('}') => {
                    self.step();
                    return pairs;
                }
                Some('"') => Some(self.string().value.written()),
                Some(_) => self.word(),
            };
            self.blanks(false);
            if let Some(key) = key.filter(|_| matches!(self.peek(), Some('=' | ':'))) {
                self.step();
                pairs.push((key, self.expression(depth + 1)));
            } else if self.at == before {
                self.step();
            }
            if self.is_over() {
                return pairs;
            }
        }
    }

    /// A quoted string; `${…}` in it is a variable, `$${` is text.
    fn string(&mut self) -> Text {
        self.step();
        let start = self.at;
        let mut value = Value::default();
        let mut from = start;
        while !self.is_over() {
            let rest = self.rest();
            if rest.starts_with('"') || rest.starts_with('\n') {
                break;
            }
            if rest.starts_with("$${") {
                value.push_literal(&self.text[from..self.at]);
                from = self.at + 1;
                self.at += 3;
            } else if rest.starts_with("${") || rest.starts_with("%{") {
                value.push_literal(&self.text[from..self.at]);
                let len = template_len(rest);
                let written = &rest[..len];
                let name = written[2..].strip_suffix('}').unwrap_or("").trim();
                value.pieces.extend(variable(name, written).pieces);
                self.at += len;
                from = self.at;
            } else if rest.starts_with('\\') {
                self.step();
                self.step();
            } else {
                self.step();
            }
        }
        value.push_literal(&self.text[from..self.at]);
        let span = Span::new(start, self.at);
        if self.peek() == Some('"') {
            self.step();
        }
        Text { span, value }
    }

    /// `<<EOF`, `<<-EOF`: its lines are passed over.
    fn heredoc(&mut self) -> Expression {
        self.at += 2;
        if self.peek() == Some('-') {
            self.step();
        }
        let Some(mark) = self.word() else {
            return Expression::Other;
        };
        let rest = self.rest();
        let mut len = 0;
        for line in rest.split_inclusive('\n') {
            len += line.len();
            if line.trim() == mark {
                // The line end belongs to what follows.
                len -= line.len() - line.trim_end().len();
                break;
            }
        }
        self.at += len;
        Expression::Other
    }

    /// Passes the rest of an expression whose beginning is known, brackets as a whole.
    fn pass_rest(&mut self, depth: usize) {
        while !self.is_over() {
            match self.peek() {
                None | Some('\n' | ',' | '}' | ']' | ')') => return,
                Some('"') => {
                    self.string();
                }
                Some('[' | '{' | '(') if depth < MAX_DEPTH => {
                    let end = match self.peek() {
                        Some('[') => ']',
                        Some('{') => '}',
                        _ => ')',
                    };
                    self.step();
                    if end == '}' {
                        self.object(depth + 1);
                    } else {
                        self.list(end, depth + 1);
                    }
                }
                Some(_) => self.step(),
            }
        }
    }
}

/// How long `${…}` is, braces and strings in it counted; the whole line where it never ends.
fn template_len(text: &str) -> usize {
    let mut open = 0;
    for (at, c) in text.char_indices() {
        match c {
            '{' => open += 1,
            '}' => {
                open -= 1;
                if open == 0 {
                    return at + 1;
                }
            }
            '\n' => return at,
            _ => {}
        }
    }
    text.len()
}

#[cfg(test)]
mod tests {
    use super::*;
    use image_lint_text::meter::Allowance;

    fn read(text: &str) -> Body {
        parse(text, &Meter::new(Allowance::of_file(text.len())))
    }

    #[test]
    fn blocks_and_values_are_a_tree() {
        let body = read(
            "# a comment\nvariable \"TAG\" { default = \"1.2\" }\ntarget \"app\" {\n  tags = [\"q.io/a:${TAG}\", \"b\"] // more\n  args = {\n    X = \"1\"\n    \"Y\" : TAG\n  }\n  n = 1 + 2\n  c = jsonencode([{ image = \"q.io/c\" }])\n  t = <<EOT\nimage = \"no\"\nEOT\n  last = \"z\"\n}\n",
        );
        let [tag, app] = &body.blocks[..] else {
            panic!("{body:?}")
        };
        assert_eq!(
            (tag.kind.as_str(), &tag.labels[..]),
            ("variable", &["TAG".to_owned()][..])
        );
        assert_eq!(
            tag.body
                .get("default")
                .unwrap()
                .text()
                .unwrap()
                .value
                .as_known()
                .as_deref(),
            Some("1.2")
        );
        let tags = app.body.get("tags").unwrap().items();
        assert_eq!(tags[0].text().unwrap().value.written(), "q.io/a:${TAG}");
        let args = app.body.get("args").unwrap().pairs();
        assert_eq!(
            args.iter().map(|(key, _)| &**key).collect::<Vec<_>>(),
            ["X", "Y"]
        );
        assert!(matches!(app.body.get("n"), Some(Expression::Other)));
        assert!(matches!(app.body.get("c"), Some(Expression::Call(items)) if items.len() == 1));
        assert_eq!(
            app.body
                .get("last")
                .unwrap()
                .text()
                .unwrap()
                .value
                .written(),
            "z"
        );
    }

    #[test]
    fn text_that_is_none_ends() {
        for text in [
            "{", "}", "a = [", "a = {\"", "a \"b", "a = \"${", "a = <<", "= = =", "a = ((((",
            "ü = ü",
        ] {
            read(text);
        }
        read(&"a = [".repeat(1000));
        read(&"a {".repeat(1000));
    }
}
