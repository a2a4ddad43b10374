//! What texts mean by CEL's specification: precedence, association and literals.

use proptest::prelude::*;

use super::super::parse::{Binary, Kind, Syntax, Unary, joined, parse};
use super::*;

fn word(operator: Binary) -> &'static str {
    match operator {
        Binary::And => "&&",
        Binary::Or => "||",
        Binary::Equal => "==",
        Binary::NotEqual => "!=",
        Binary::Less => "<",
        Binary::LessOrEqual => "<=",
        Binary::Greater => ">",
        Binary::GreaterOrEqual => ">=",
        Binary::In => "in",
        Binary::Add => "+",
        Binary::Subtract => "-",
        Binary::Multiply => "*",
        Binary::StartsWith => "startsWith",
        Binary::EndsWith => "endsWith",
        Binary::Contains => "contains",
    }
}

/// The tree with a pair of brackets around each operation.
fn shape(syntax: &Syntax) -> String {
    match &syntax.kind {
        Kind::Literal(constant) => crate::show::json(constant.value()).to_string(),
        Kind::Path(names) => joined(names),
        Kind::List(elements) => {
            format!("[{}]", elements.iter().map(shape).collect::<Vec<_>>().join(", "))
        }
        Kind::Unary(Unary::Not, operand) => format!("(!{})", shape(operand)),
        Kind::Unary(Unary::Negate, operand) => format!("(-{})", shape(operand)),
        Kind::Binary(operator, sides) => {
            let [left, right] = sides.each_ref().map(shape);
            format!("({left} {} {right})", word(*operator))
        }
        Kind::Ternary(parts) => {
            let [condition, yes, no] = parts.each_ref().map(shape);
            format!("({condition} ? {yes} : {no})")
        }
        Kind::Size(operand) => format!("size({})", shape(operand)),
        Kind::Quantified(quantifier, parts) => {
            format!(
                "{quantifier:?}({}, {}, {})",
                shape(&parts.list),
                parts.variable,
                shape(&parts.body)
            )
        }
        Kind::Map(..) => "map".to_owned(),
    }
}

fn parsed(text: &str) -> String {
    shape(&parse(text).unwrap_or_else(|problems| panic!("{text}: {problems:?}")))
}

#[test]
fn operators_bind_as_tightly_as_cel_says() {
    for (text, meant) in [
        ("a || b && c", "(a || (b && c))"),
        ("a && b || c && d", "((a && b) || (c && d))"),
        ("a && b == c", "(a && (b == c))"),
        ("a == b + c * d", "(a == (b + (c * d)))"),
        ("a * b + c", "((a * b) + c)"),
        ("a - b - c", "((a - b) - c)"),
        ("a - b + c", "((a - b) + c)"),
        ("a < b == c", "((a < b) == c)"),
        ("a in b == c", "((a in b) == c)"),
        ("a || b || c", "((a || b) || c)"),
        ("a ? b : c ? d : e", "(a ? b : (c ? d : e))"),
        ("a || b ? c : d", "((a || b) ? c : d)"),
        ("(a ? b : c) ? d : e", "((a ? b : c) ? d : e)"),
        ("!a.b && c", "((!a.b) && c)"),
        ("!!a", "(!(!a))"),
        ("--a", "(-(-a))"),
        ("-a.b * c", "((-a.b) * c)"),
        ("a - -b", "(a - (-b))"),
        ("!a.startsWith('x')", "(!(a startsWith \"x\"))"),
        ("!(a in b)", "(!(a in b))"),
        ("a.b.size() + size(c)", "(size(a.b) + size(c))"),
        ("a.exists(x, x || b)", "Exists(a, x, (x || b))"),
        ("a in ['x', 'y',]", "(a in [\"x\", \"y\"])"),
        ("a // the rest\n&& // of a line\n b", "(a && b)"),
        ("a\t&&\r\n\x0cb", "(a && b)"),
    ] {
        assert_eq!(parsed(text), meant, "{text}");
    }
}

/// The grammar allows one kind of sign before a value, and one condition before a `?`.
#[test]
fn what_the_grammar_of_cel_does_not_have_is_refused() {
    for text in [
        "!-a",
        "-!a",
        "a ? b ? c : d : e",
        "a ?: b",
        "a b",
        "a..b",
        "a.",
        "a.in",
        ".a",
        "a,b",
        "()",
        "(a",
        "a)",
        "[a",
        "[,]",
        "a.b(",
        "f(,)",
        "in",
        "a in",
        "if",
        "a.exists(for, true)",
        "a == ",
        "1 2",
        "1.",
        "0x",
        "1e",
        "a.1",
        "a.'b'",
        "'a' 'b'",
        "a & b",
        "a and b",
        "ü",
        "a$",
        "`a`",
    ] {
        assert!(parse(text).is_err(), "{text}");
    }
}

#[test]
fn texts_are_unescaped_as_cel_says() {
    for (text, meant) in [
        (r"'\a\b\f\n\r\t\v'", "\x07\x08\x0c\n\r\t\x0b"),
        (r#"'\\\'\"\`\?'"#, "\\'\"`?"),
        (r"'\x41\X4a'", "AJ"),
        (r"'\u00fc\U0001F511'", "ü🔑"),
        (r"'\101\0611'", "A11"),
        (r"r'\n\'", "\\n\\"),
        (r#"R"\d""#, "\\d"),
        ("'''it's\n''here'''", "it's\n''here"),
        (r#""""say "x""""#, "say \"x"),
        ("''", ""),
        ("'größe'", "größe"),
        ("\"it's\"", "it's"),
    ] {
        let Kind::Literal(Constant::Text(value)) = parse(text).unwrap().kind else {
            panic!("{text}")
        };
        assert_eq!(value, meant, "{text}");
    }
}

#[test]
fn texts_that_cel_does_not_have_are_refused_at_their_place() {
    for (text, place, message) in [
        ("a == 'b", "'", "this string is not closed"),
        ("'a\nb'", "'", "this string is not closed"),
        ("'''a''", "'''", "this string is not closed"),
        (r"'a\'", "'", "this string is not closed"),
        (r"'ü\q'", r"\q", r"there is no escape `\q`"),
        (r"'\u12'", r"\u", r"there is no escape `\u`"),
        (r"'\ud800'", r"\u", r"there is no escape `\u`"),
        (r"'\U00110000'", r"\U", r"there is no escape `\U`"),
        (r"'\x+1'", r"\x", r"there is no escape `\x`"),
        (r"'\400'", r"\4", r"there is no escape `\4`"),
        (r"'\18'", r"\1", r"there is no escape `\1`"),
        ("b'x'", "b'x'", "this is not a literal in rule expressions"),
        ("bR'x'", "bR'x'", "this is not a literal in rule expressions"),
    ] {
        let problems = parse(text).err().unwrap();
        let [problem] = &problems[..] else {
            panic!("{text}: {problems:?}")
        };
        assert_eq!((&text[problem.at.clone()], problem.message.as_str()), (place, message));
    }
}

#[test]
fn numbers_are_exact_or_refused() {
    for (text, meant) in [
        ("0", 0.0),
        ("007", 7.0),
        ("0xfF", 255.0),
        ("0.5", 0.5),
        (".5", 0.5),
        ("1e3", 1000.0),
        ("1.5E-1", 0.15),
        ("9007199254740992", 9_007_199_254_740_992.0),
        ("0x20000000000000", 9_007_199_254_740_992.0),
    ] {
        let Kind::Literal(Constant::Number(value)) = parse(text).unwrap().kind else {
            panic!("{text}")
        };
        assert!((value - meant).abs() < f64::EPSILON, "{text}: {value}");
    }
    for text in [
        "9007199254740993",
        "9223372036854775807",
        "9223372036854775808",
        "99999999999999999999999",
        "0x20000000000001",
        "0xffffffffffffffffff",
        "1e999",
        "1u",
        "0x1U",
    ] {
        let problems = parse(text).err().unwrap();
        assert_eq!(problems[0].message, "this is not a literal in rule expressions", "{text}");
        assert_eq!(problems[0].at, 0..text.len());
    }
}

/// A tree, as CEL's text with as few brackets as its precedence needs, and with all of them.
#[derive(Clone, Debug)]
struct Tree {
    /// How tightly the outermost operator binds, as in CEL's table of operators, 1 the tightest.
    level: u8,
    text: String,
    shape: String,
}

impl Tree {
    /// The text as an operand that must bind at least so tightly.
    fn within(&self, level: u8) -> String {
        if self.level <= level {
            self.text.clone()
        } else {
            format!("({})", self.text)
        }
    }
}

fn trees() -> impl Strategy<Value = Tree> {
    let leaf = |text: &str| Tree { level: 1, text: text.to_owned(), shape: text.to_owned() };
    let leaves = ["a", "b.c", "1", "true"].map(leaf).to_vec();
    let operators = [
        ("*", 3),
        ("+", 4),
        ("-", 4),
        ("==", 5),
        ("!=", 5),
        ("<", 5),
        ("<=", 5),
        (">", 5),
        (">=", 5),
        ("in", 5),
        ("&&", 6),
        ("||", 7),
    ];
    proptest::sample::select(leaves).prop_recursive(5, 40, 3, move |inner| {
        let operator = proptest::sample::select(operators.to_vec());
        let joined = (inner.clone(), operator, inner.clone()).prop_map(
            |(left, (operator, level), right)| Tree {
                level,
                text: format!("{} {operator} {}", left.within(level), right.within(level - 1)),
                shape: format!("({} {operator} {})", left.shape, right.shape),
            },
        );
        let sign = proptest::sample::select(vec!["!", "-"]);
        let signed = (sign, inner.clone()).prop_map(|(sign, operand)| Tree {
            level: 2,
            text: format!("{sign}{}", operand.within(1)),
            shape: format!("({sign}{})", operand.shape),
        });
        let chosen = (inner.clone(), inner.clone(), inner).prop_map(|(condition, yes, no)| Tree {
            level: 8,
            text: format!("{} ? {} : {}", condition.within(7), yes.within(7), no.within(8)),
            shape: format!("({} ? {} : {})", condition.shape, yes.shape, no.shape),
        });
        prop_oneof![3 => joined, 1 => signed, 1 => chosen]
    })
}

proptest! {
    #[test]
    fn brackets_that_precedence_makes_superfluous_change_nothing(tree in trees()) {
        prop_assume!(tree.shape.len() < 1_000);
        prop_assert_eq!(&parsed(&tree.text), &tree.shape);
        prop_assert_eq!(&parsed(&tree.shape), &tree.shape);
    }
}
