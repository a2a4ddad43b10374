//! Relations between the types of facts.

use portcullis_model::Type;

/// Returns the type without "or null".
pub(super) fn required(ty: Type) -> Type {
    match ty {
        Type::Optional(ty) => *ty,
        ty => ty,
    }
}

/// Whether values of these types can be equal.
pub(super) fn comparable(left: Type, right: Type) -> bool {
    match (left, right) {
        (Type::Text | Type::Word(_), Type::Text) | (Type::Text, Type::Word(_)) => true,
        (Type::Word(left), Type::Word(right)) => left.iter().any(|word| right.contains(word)),
        (Type::List(_) | Type::Record(_), _) => false,
        (left, right) => left == right,
    }
}

/// Returns the common type of two types, if there is one.
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
