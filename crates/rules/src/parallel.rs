//! Work that two threads share.

use std::panic::resume_unwind;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread::{self, Builder};

/// Applies a function to each item, and returns the results in the order of the items.
///
/// Whichever of the two threads is free takes the next item. If no second one can be started, the first does all.
pub(crate) fn each<T: Sync, R: Send>(items: &[T], apply: impl Fn(&T) -> R + Sync) -> Vec<R> {
    let next = AtomicUsize::new(0);
    let work = || {
        let mut done = Vec::new();
        loop {
            let place = next.fetch_add(1, Ordering::Relaxed);
            let Some(item) = items.get(place) else {
                return done;
            };
            done.push((place, apply(item)));
        }
    };
    let mut done = thread::scope(|scope| {
        let other = Builder::new().spawn_scoped(scope, work);
        let mut done = work();
        if let Ok(other) = other {
            done.append(
                &mut other
                    .join()
                    .unwrap_or_else(|panicked| resume_unwind(panicked)),
            );
        }
        done
    });
    done.sort_unstable_by_key(|(place, _)| *place);
    done.into_iter().map(|(_, result)| result).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_are_in_the_order_of_the_items() {
        let items: Vec<usize> = (0..1000).collect();
        assert_eq!(each(&items, |item| item * 2), (0..2000).step_by(2).collect::<Vec<_>>());
        assert!(each(&[0; 0], |item: &i32| *item).is_empty());
    }

    #[test]
    #[should_panic(expected = "seven")]
    fn a_panic_of_either_thread_is_passed_on() {
        each(&[7; 100], |item| assert_ne!(*item, 7, "seven"));
    }
}
