//! Who is an administrator, and who can become one.
//!
//! Ways that lead through another principal count if that one is an administrator or can become
//! one. Such news spreads from principal to principal, in order of distance, each time only to
//! those that wait for it, so that the work grows with principals and not with their square.

use std::collections::{BTreeMap, HashMap, VecDeque};

use portcullis_model::policy::{
    Allowed, Authority, Excerpt, Method, Methods, Pattern, Scope, Through,
};
use portcullis_model::{Escalation, Grant};

use super::library::Library;
use super::subjects::{Subject, Subjects};
use super::trust::Admission;

/// What is taken to stand in documents that could not be read.
#[derive(Clone, Copy)]
pub(super) struct Unread<'a> {
    /// In place of a policy of a principal, or of its boundary.
    pub(super) document: &'a Excerpt,
    /// Whether trust policies let in whoever has the permission.
    pub(super) trusts: bool,
    /// Whether there are principals that AWS did not list, and all lead on.
    pub(super) strangers: bool,
}

/// What was found out about one subject.
#[derive(Clone, Debug, Default)]
pub(super) struct Outcome {
    pub(super) administrator: bool,
    /// By the place of the method.
    ways: BTreeMap<usize, Escalation>,
    /// How many principals lie between it and an administrator.
    distance: Option<usize>,
}

impl Outcome {
    pub(super) fn escalations(&self) -> Vec<Escalation> {
        self.ways.values().cloned().collect()
    }

    /// Whether it is an administrator, or can become one.
    pub(super) fn is_privileged(&self) -> bool {
        self.distance.is_some()
    }
}

/// Judges all subjects, in their order.
pub(super) fn judge(
    methods: &Methods,
    library: &Library<'_>,
    subjects: &Subjects<'_>,
    unread: Unread<'_>,
) -> Vec<Outcome> {
    let by_arn = subjects.all.iter().enumerate();
    let by_arn = by_arn.filter_map(|(place, subject)| Some((subject.arn?, place))).collect();
    let mut search = Search {
        methods,
        library,
        subjects: &subjects.all,
        unread,
        by_arn,
        outcomes: vec![Outcome::default(); subjects.all.len()],
        waiting: HashMap::new(),
        waiting_for_any: Vec::new(),
    };
    search.run();
    search.outcomes
}

struct Search<'a> {
    methods: &'a Methods,
    library: &'a Library<'a>,
    subjects: &'a [Subject<'a>],
    unread: Unread<'a>,
    by_arn: HashMap<&'a str, usize>,
    outcomes: Vec<Outcome>,
    /// Who has a method that leads through a principal, by its ARN.
    waiting: HashMap<String, Vec<Wait>>,
    /// Who has one that leads through any role of a scope.
    waiting_for_any: Vec<(Wait, Scope)>,
}

#[derive(Clone, Copy)]
struct Wait {
    subject: usize,
    method: usize,
}

/// The documents of a subject, and their places in the library.
struct Papers<'a> {
    authority: Authority<'a>,
    places: Vec<Option<usize>>,
}

impl Papers<'_> {
    /// Whether the subject may use the method on itself.
    fn let_touch_itself(&self, subject: &Subject<'_>, method: &Method) -> bool {
        let Some(arn) = subject.arn else { return false };
        let itself = Pattern::resource(arn, false);
        method.actions.iter().all(|&action| {
            let allowed = self.authority.allowed(action);
            allowed.iter().any(|allowed| allowed.scope.within.overlaps(&itself))
        })
    }
}

impl<'a> Search<'a> {
    fn run(&mut self) {
        let mut order: Vec<usize> = (0..self.subjects.len()).collect();
        order.sort_by_key(|&place| self.subjects[place].arn);
        for &place in &order {
            self.look_at(place);
        }
        let privileged = |place: &usize| self.outcomes[*place].is_privileged();
        let mut queue: Vec<usize> = order.into_iter().filter(privileged).collect();
        queue.sort_by_key(|&place| self.outcomes[place].distance);
        let mut queue = VecDeque::from(queue);
        while let Some(place) = queue.pop_front() {
            queue.extend(self.spread(place));
        }
    }

    /// What a subject can do without others; what it could do through others is noted.
    fn look_at(&mut self, place: usize) {
        let subject = &self.subjects[place];
        let papers = self.papers(subject);
        if self.methods.allow_everything(&papers.authority) {
            self.outcomes[place].administrator = true;
            self.outcomes[place].distance = Some(0);
            return;
        }
        if subject.service_linked {
            return;
        }
        let reachable = self.methods.within_reach(&papers.authority);
        let held_back = self.is_held_back(subject);
        for number in reachable {
            let method = &self.methods.all[number];
            if method.unbinds && !(held_back && papers.let_touch_itself(subject, method)) {
                continue;
            }
            match self.attempt(subject, &papers, method, None) {
                Some(grants) => self.found(place, number, grants, None, 1),
                None => self.wait(place, number, &papers),
            }
        }
    }

    fn papers(&self, subject: &Subject<'_>) -> Papers<'a> {
        let unread: &'a Excerpt = self.unread.document;
        let document = |place: usize| {
            let library: &'a Library<'a> = self.library;
            library.documents[place].excerpt.as_ref().unwrap_or(unread)
        };
        let mut own: Vec<&Excerpt> = subject.documents.iter().copied().map(document).collect();
        let mut places: Vec<Option<usize>> = subject.documents.iter().copied().map(Some).collect();
        if subject.unread {
            own.push(unread);
            places.push(None);
        }
        Papers { authority: Authority { own, boundary: subject.boundary.map(document) }, places }
    }

    /// The statements by which the subject can use a method: through the target, or without any.
    fn attempt(
        &self,
        subject: &Subject<'_>,
        papers: &Papers<'a>,
        method: &Method,
        target: Option<&str>,
    ) -> Option<Vec<Grant>> {
        let grant = |&action: &usize| {
            let through = self.methods.actions[action].through;
            let fits = |allowed: &Allowed<'_>| match (through, target) {
                _ if allowed.excludes_services(&method.passed_to) => false,
                (Through::Anything, _) => true,
                (_, Some(target)) => allowed.scope.contains(target),
                (Through::Principal, None) => self.leads_anywhere(subject, &allowed.scope),
                (Through::Trust, None) => self.is_any(action, &allowed.scope),
            };
            let fitting = papers.authority.allowed(action).into_iter().filter(fits);
            fitting.map(|allowed| self.grant(action, papers, &allowed)).min_by(|a, b| {
                (a.conditional, &a.policy, &a.statement).cmp(&(
                    b.conditional,
                    &b.policy,
                    &b.statement,
                ))
            })
        };
        method.actions.iter().map(grant).collect()
    }

    fn grant(&self, action: usize, papers: &Papers<'a>, allowed: &Allowed<'_>) -> Grant {
        let place = papers.places[allowed.document];
        Grant {
            action: self.methods.actions[action].name.clone(),
            policy: place.map(|place| self.library.documents[place].id.clone()).unwrap_or_default(),
            statement: allowed.statement.label(allowed.index),
            conditional: allowed.conditional,
        }
    }

    /// Whether the scope is more than single principals, all of which are known, and oneself.
    fn leads_anywhere(&self, subject: &Subject<'_>, scope: &Scope) -> bool {
        let text = scope.within.as_str();
        if scope.within.is_literal() {
            let known = self.by_arn.contains_key(text) || subject.arn == Some(text);
            return self.unread.strangers && !known;
        }
        // One's own credentials and password lead nowhere.
        !text.to_ascii_lowercase().ends_with("/${aws:username}")
    }

    /// Whether the scope is all that the action acts on.
    fn is_any(&self, action: usize, scope: &Scope) -> bool {
        let whole = &self.methods.actions[action].on;
        self.unread.strangers || whole.iter().any(|on| scope.within.covers(on))
    }

    /// Whether the subject would be privileged but for its boundary.
    fn is_held_back(&self, subject: &Subject<'_>) -> bool {
        if subject.boundary.is_none() {
            return false;
        }
        let unbound = Authority { boundary: None, ..self.papers(subject).authority };
        let reachable = self.methods.within_reach(&unbound);
        reachable.into_iter().any(|method| !self.methods.all[method].unbinds)
    }

    fn found(
        &mut self,
        place: usize,
        number: usize,
        grants: Vec<Grant>,
        target: Option<&str>,
        distance: usize,
    ) {
        let method = &self.methods.all[number];
        let outcome = &mut self.outcomes[place];
        outcome.distance.get_or_insert(distance);
        outcome.ways.entry(number).or_insert_with(|| Escalation {
            method: method.id.clone(),
            title: method.title.clone(),
            target: target.map(str::to_owned),
            grants,
        });
    }

    /// Notes the principals through which the subject could use a method.
    fn wait(&mut self, place: usize, number: usize, papers: &Papers<'a>) {
        let wait = Wait { subject: place, method: number };
        let through = |action: &&usize| self.methods.actions[**action].through != Through::Anything;
        let actions = &self.methods.all[number].actions;
        let Some(&action) = actions.iter().find(through) else { return };
        for allowed in papers.authority.allowed(action) {
            if allowed.scope.within.is_literal() {
                let arn = allowed.scope.within.as_str().to_owned();
                self.waiting.entry(arn).or_default().push(wait);
            } else {
                self.waiting_for_any.push((wait, allowed.scope));
            }
        }
    }

    /// Tells those who wait for a principal that it leads on; gives those that now lead on too.
    fn spread(&mut self, place: usize) -> Vec<usize> {
        let subjects = self.subjects;
        let target = &subjects[place];
        let (Some(arn), Some(distance)) = (target.arn, self.outcomes[place].distance) else {
            return Vec::new();
        };
        let mut waits = self.waiting.get(arn).cloned().unwrap_or_default();
        let any = self.waiting_for_any.iter().filter(|(_, scope)| scope.contains(arn));
        waits.extend(any.map(|(wait, _)| *wait));
        let mut news = Vec::new();
        for Wait { subject, method } in waits {
            if self.may_learn(subject, place, distance)
                && let Some(grants) = self.through(subject, method, target)
            {
                news.extend((!self.outcomes[subject].is_privileged()).then_some(subject));
                self.found(subject, method, grants, Some(arn), distance + 1);
            }
        }
        let Some(assumption) = self.assumption() else { return news };
        for subject in self.named_by(target) {
            if self.may_learn(subject, place, distance)
                && let Some(grants) = self.by_name(subject, assumption, target)
            {
                news.extend((!self.outcomes[subject].is_privileged()).then_some(subject));
                self.found(subject, assumption, grants, Some(arn), distance + 1);
            }
        }
        news
    }

    /// Whether a way through the target may count: not if that one only leads back.
    fn may_learn(&self, subject: usize, target: usize, distance: usize) -> bool {
        let outcome = &self.outcomes[subject];
        subject != target
            && !outcome.administrator
            && !self.subjects[subject].service_linked
            && outcome.distance.is_none_or(|own| distance <= own)
    }

    fn through(&self, subject: usize, method: usize, target: &Subject<'_>) -> Option<Vec<Grant>> {
        let (subject, method) = (&self.subjects[subject], &self.methods.all[method]);
        let needs_trust = |&action: &usize| self.methods.actions[action].through == Through::Trust;
        let mut grants = self.attempt(subject, &self.papers(subject), method, target.arn)?;
        if method.actions.iter().any(needs_trust) {
            grants.push(trust_grant(target, &self.admission(subject, target)?));
        }
        Some(grants)
    }

    /// The way of a principal that a trust policy names: it needs no permission of its own.
    fn by_name(&self, subject: usize, method: usize, target: &Subject<'_>) -> Option<Vec<Grant>> {
        let (subject, method) = (&self.subjects[subject], &self.methods.all[method]);
        let admission = self.admission(subject, target).filter(|admission| admission.direct)?;
        let role = Scope::new(Pattern::resource(target.arn?, false));
        let authority = self.papers(subject).authority;
        let denied = method.actions.iter().any(|&action| authority.denied(action, &role));
        (!denied).then(|| vec![trust_grant(target, &admission)])
    }

    fn admission(&self, subject: &Subject<'_>, target: &Subject<'_>) -> Option<Admission> {
        let trust = target.trust.as_ref()?;
        if !trust.is_read() && self.unread.trusts {
            let statement = String::new();
            return Some(Admission { statement, conditional: true, direct: false });
        }
        trust.admits(subject.arn.filter(|_| subject.acts))
    }

    /// The method that is to assume a role, and nothing else.
    fn assumption(&self) -> Option<usize> {
        self.methods.all.iter().position(|method| {
            let [action] = method.actions[..] else { return false };
            self.methods.actions[action].through == Through::Trust
        })
    }

    /// The principals that need no permission to become the target.
    fn named_by(&self, target: &Subject<'_>) -> Vec<usize> {
        let Some(trust) = &target.trust else { return Vec::new() };
        if trust.admits(None).is_some_and(|admission| admission.direct) {
            return (0..self.subjects.len()).filter(|&it| self.subjects[it].acts).collect();
        }
        trust.named().into_iter().filter_map(|arn| self.by_arn.get(arn).copied()).collect()
    }
}

fn trust_grant(role: &Subject<'_>, admission: &Admission) -> Grant {
    Grant {
        action: "sts:AssumeRole".to_owned(),
        policy: role.arn.unwrap_or_default().to_owned(),
        statement: admission.statement.clone(),
        conditional: admission.conditional,
    }
}
