//! Work that several threads share.

use std::panic::resume_unwind;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread::{self, Builder};

/// Applies a function to each item on at most so many threads, and returns the results in the order of the items.
///
/// Whichever thread is free takes the next item. Each keeps a value of its own, which the function may change. If no
/// further thread can be started, there are fewer.
pub fn each_on<T: Sync, S: Default, R: Send>(
    threads: usize,
    items: &[T],
    apply: impl Fn(&T, &mut S) -> R + Sync,
) -> Vec<R> {
    let next = AtomicUsize::new(0);
    let work = || {
        let mut kept = S::default();
        let mut done = Vec::new();
        loop {
            let place = next.fetch_add(1, Ordering::Relaxed);
            let Some(item) = items.get(place) else {
                return done;
            };
            done.push((place, apply(item, &mut kept)));
        }
    };
    let mut done = thread::scope(|scope| {
        let mut others = Vec::new();
        for _ in 1..threads.min(items.len()) {
            others.extend(Builder::new().spawn_scoped(scope, work));
        }
        let mut done = work();
        for other in others {
            done.extend(other.join().unwrap_or_else(|panic| resume_unwind(panic)));
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
        for threads in [0, 1, 2, 8] {
            let doubled = each_on(threads, &items, |item, (): &mut ()| item * 2);
            assert_eq!(doubled, (0..2000).step_by(2).collect::<Vec<_>>(), "{threads}");
        }
        assert!(each_on(2, &[0; 0], |item: &i32, (): &mut ()| *item).is_empty());
    }

    #[test]
    fn each_thread_keeps_a_value() {
        let counts = each_on(1, &["a", "b", "c"], |_, count: &mut u32| {
            *count += 1;
            *count
        });
        assert_eq!(counts, [1, 2, 3]);
    }

    #[test]
    #[should_panic(expected = "seven")]
    fn a_panic_of_any_thread_is_passed_on() {
        each_on(2, &[7; 100], |item, (): &mut ()| assert_ne!(*item, 7, "seven"));
    }
}
