//! How the types of facts relate.

use portcullis_model::Type;

/// The type without "or null".
pub(super) fn required(ty: Type) -> Type {
    match ty {
        Type::Optional(ty) => *ty,
        ty => ty,
    }
}

/// Whether values of the types can be equal.
pub(super) fn comparable(left: Type, right: Type) -> bool {
    match (left, right) {
        (Type::Text | Type::Word(_), Type::Text) | (Type::Text, Type::Word(_)) => true,
        (Type::Word(left), Type::Word(right)) => left.iter().any(|word| right.contains(word)),
        (Type::List(_) | Type::Record(_), _) => false,
        (left, right) => left == right,
    }
}

/// The type of a value that is of either type.
pub(super) fn common(left: Type, right: Type) -> Option<Type> {
    if left == right {
        return Some(left);
    }
    let optional = matches!(left, Type::Optional(_)) || matches!(right, Type::Optional(_));
    Some(match (required(left), required(right)) {
        (Type::Text | Type::Word(_), Type::Text | Type::Word(_)) if optional => {
            Type::Optional(&Type::Text)
        }
        (Type::Text | Type::Word(_), Type::Text | Type::Word(_)) => Type::Text,
        (a, b) if a == b && optional => {
            if matches!(left, Type::Optional(_)) {
                left
            } else {
                right
            }
        }
        _ => return None,
    })
}
