//! Audits many accounts in one run, a few at a time.

mod list;
mod share;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Instant;

use futures::stream::{self, StreamExt};
use portcullis_collector::{CollectError, Fleet, FleetAccount, Options};
use portcullis_evidence::{Bundle, BundleError};
use portcullis_model::{AccountId, AccountStatus, Arn, Gap, Source, Sources};
use portcullis_report::defuse;
use tokio::runtime::{Builder, Runtime};

pub(crate) use self::share::requested_share;
use crate::args::{FleetArgs, LiveArgs};
use crate::failure::Failure;
use crate::progress::ProgressLine;
use crate::{doctor, evidence, signals, terminal};

/// The traces that `--assume-root` leaves.
const ROOT_SESSIONS: &str = "\
--assume-root opens a root session in each member account where root has a credential: CloudTrail records its \
calls as root's, and alarms on the use of root go off";

/// The accounts of a run, with the credentials for them.
pub(crate) struct Accounts {
    fleet: Fleet,
    runtime: Runtime,
    progress: Arc<ProgressLine>,
    options: Options,
    jobs: usize,
    /// All accounts of the owner, even if this run does not ask them.
    own: Arc<BTreeSet<AccountId>>,
    /// The accounts that this run asks.
    share: Vec<FleetAccount>,
}

/// A directory with a subdirectory for the bundle of each account.
pub(crate) struct Store<'a> {
    directory: &'a Path,
    /// Whether accounts whose bundles exist are not asked again.
    resume: bool,
}

impl FleetArgs {
    /// Whether several live accounts are requested.
    pub(crate) fn is_asked(&self) -> bool {
        self.org || self.accounts.is_some()
    }

    /// The accounts in the file. They belong to one owner, even if bundles are read.
    pub(crate) fn listed(&self) -> Result<BTreeSet<AccountId>, Failure> {
        let Some(path) = &self.accounts else {
            return Ok(BTreeSet::new());
        };
        Ok(list::read(path)?
            .into_iter()
            .map(|account| account.id)
            .collect())
    }
}

impl Accounts {
    /// Loads credentials, and lists the accounts.
    pub(crate) fn open(
        args: &FleetArgs,
        live: &LiveArgs,
        sources: Sources,
        store: Option<&Store<'_>>,
    ) -> Result<Accounts, Failure> {
        let share = requested_share(args.shard, args.shards)?;
        let is_asked = |account: &FleetAccount| {
            let is_excluded = args.exclude.iter().any(|text| text == account.id.as_str());
            !is_excluded && share.is_none_or(|share| share.holds(account.id))
        };
        if args.org && args.role_name.is_none() {
            return Err(Failure::with_help(
                "--org needs --role-name",
                "name the role to assume in each account except the caller's: the credentials belong to \
                 only one account",
            ));
        }
        let listed = args.accounts.as_deref().map(list::read).transpose()?;
        if let (Some(store), Some(accounts)) = (store, &listed) {
            store.check(accounts.iter().filter(|account| is_asked(account)))?;
        }
        let since = Instant::now();
        let runtime = Builder::new_current_thread().enable_all().build()?;
        let progress = Arc::new(ProgressLine::new());
        let mut options = evidence::options(live, sources)?;
        options.progress = progress.clone();
        if args.assume_root {
            options.sources = sources;
            terminal::warn(ROOT_SESSIONS);
        }
        let opening = Fleet::open(options.clone(), args.role_name.clone());
        let fleet = match runtime.block_on(opening) {
            Ok(fleet) => fleet,
            Err(error) => return Err(doctor::failure(runtime, &options, error, since)),
        };
        check_partition(args, &fleet)?;
        check_roles(listed.iter().flatten(), fleet.partition())?;
        let mut all = match listed {
            Some(accounts) => accounts,
            None => runtime
                .block_on(fleet.organization(&args.units))
                .map_err(not_listed)?,
        };
        let mut own: BTreeSet<AccountId> = all.iter().map(|account| account.id).collect();
        if !args.units.is_empty() {
            // Accounts of other units are not external.
            match runtime.block_on(fleet.organization(&[])) {
                Ok(others) => own.extend(others.iter().map(|account| account.id)),
                Err(error) => {
                    terminal::warn(&format!("accounts in other units count as external: {error}"));
                }
            }
        }
        for excluded in &args.exclude {
            if !all.iter().any(|account| account.id.as_str() == excluded) {
                terminal::warn(&format!("--exclude {excluded}: the account is not listed anyway"));
            }
        }
        all.retain(is_asked);
        if let Some(store) = store.filter(|_| args.org) {
            store.check(&all)?;
        }
        let jobs = usize::from(args.jobs);
        Ok(Accounts { fleet, runtime, progress, options, jobs, own: Arc::new(own), share: all })
    }

    /// All accounts of the owner.
    pub(crate) fn own(&self) -> Arc<BTreeSet<AccountId>> {
        Arc::clone(&self.own)
    }

    /// Asks each account, and passes on its bundle as soon as it is collected. At the end, prints how many accounts
    /// were collected.
    pub(crate) fn each(
        &self,
        store: Option<&Store<'_>>,
        mut visit: impl FnMut(Bundle) -> Result<(), Failure>,
    ) -> Result<(), Failure> {
        let mut statuses: BTreeMap<&str, usize> = BTreeMap::new();
        self.progress.expect_accounts(self.share.len());
        self.runtime.block_on(async {
            let bundles = stream::iter(&self.share).map(|account| self.bundle(account, store));
            let mut bundles = bundles.buffer_unordered(self.jobs);
            while let Some(bundle) = bundles.next().await {
                let bundle = bundle?;
                *statuses.entry(outcome(&bundle)).or_default() += 1;
                visit(bundle)?;
                self.progress.account_done();
            }
            Ok::<(), Failure>(())
        })?;
        self.progress.clear();
        let mut counts = Vec::new();
        for (status, count) in statuses {
            counts.push(format!("{count} {status}"));
        }
        if counts.is_empty() {
            counts.push("none".to_owned());
        }
        terminal::note(&format!("accounts: {}", counts.join(", ")));
        for (account, key) in self.options.diagnosis.findings().root_sessions {
            terminal::note(&format!("root session in account {account}: access key {key}"));
        }
        Ok(())
    }

    /// Collects the bundle of an account, or reads it from an earlier run.
    async fn bundle(
        &self,
        account: &FleetAccount,
        store: Option<&Store<'_>>,
    ) -> Result<Bundle, Failure> {
        let Some(store) = store else {
            return Ok(self.fleet.collect(account).await);
        };
        if let Some(bundle) = store.read(account, &self.options) {
            return Ok(bundle);
        }
        let bundle = self.fleet.collect(account).await;
        let place = store.place(account);
        Ok(match signals::delayed(|_| bundle.write(&place))? {
            Ok(()) => bundle,
            Err(error) => {
                terminal::warn(&format!("the bundle of account {} is lost: {error}", account.id));
                not_kept(bundle, &error)
            }
        })
    }
}

/// Replaces a bundle that could not be written by the reason, so that this run goes on and the next one asks again.
fn not_kept(mut bundle: Bundle, error: &BundleError) -> Bundle {
    let words = defuse(&error.to_string()).into_owned();
    let gap = Gap::new(Source::CallerIdentity, Gap::NOT_KEPT, words);
    bundle.documents.clear();
    bundle.gaps = vec![gap.clone()];
    if let Some(manifest) = &mut bundle.manifest {
        manifest.unreached = Some(AccountStatus::Failed);
        manifest.files.clear();
        manifest.gaps = vec![gap];
    }
    bundle
}

/// Describes the outcome for an account in a word or two.
fn outcome(bundle: &Bundle) -> &'static str {
    let manifest = bundle.manifest.as_ref();
    match manifest.and_then(|manifest| manifest.unreached) {
        None => "collected",
        Some(AccountStatus::TimedOut) => "timed out",
        Some(status) => status.word(),
    }
}

impl<'a> Store<'a> {
    /// The store of an audit, if bundles are to be kept.
    pub(crate) fn asked(
        collect_to: Option<&'a PathBuf>,
        resume: Option<&'a PathBuf>,
    ) -> Option<Store<'a>> {
        Some(Store::new(collect_to.or(resume)?, resume.is_some()))
    }

    pub(crate) fn new(directory: &'a Path, resume: bool) -> Store<'a> {
        Store { directory, resume }
    }

    /// Refuses to replace anything but earlier bundles of the same accounts.
    fn check<'f>(
        &self,
        accounts: impl IntoIterator<Item = &'f FleetAccount>,
    ) -> Result<(), Failure> {
        for account in accounts {
            let place = self.place(account);
            Bundle::check_target(&place)?;
            if let Some(owner) = Bundle::account_at(&place)
                && owner != account.id
            {
                return Err(Failure::with_help(
                    format!("{} holds the bundle of account {owner}", place.display()),
                    "move it away, or choose another directory",
                ));
            }
        }
        Ok(())
    }

    fn place(&self, account: &FleetAccount) -> PathBuf {
        self.directory.join(account.id.as_str())
    }

    /// The bundle of an account from an earlier run, if it has everything that is needed.
    fn read(&self, account: &FleetAccount, options: &Options) -> Option<Bundle> {
        if !self.resume {
            return None;
        }
        let bundle = Bundle::read(&self.place(account)).ok()?;
        let needed = options.sources.needed(options.quick);
        // A run that did not ask about root left neither a document nor a gap.
        let root = Source::RootCredentials;
        let was_root_asked = bundle.documents.contains_key(&root)
            || bundle.gaps.iter().any(|gap| gap.source == root);
        if needed.contains(root) && !was_root_asked {
            return None;
        }
        let manifest = bundle.manifest.as_ref()?;
        let partition = manifest.partition.as_deref().unwrap_or_default();
        let lacks_source = bundle.gaps.iter().any(|gap| {
            let is_wanted = needed.contains(gap.source) && gap.source.is_offered_in(partition);
            gap.is_by_choice() && gap.resource.is_none() && is_wanted && gap.source != root
        });
        let is_whole = manifest.unreached.is_none() && !lacks_source;
        is_whole.then_some(bundle)
    }
}

/// Reads any text as the file of `--accounts`.
#[cfg(fuzzing)]
pub(crate) fn read_untrusted(text: &str) {
    drop(list::parse(text));
}

/// The failure to list the accounts of an organization.
fn not_listed(error: CollectError) -> Failure {
    let help = error.help();
    Failure::with_help(error, help)
}

/// Refuses roles of other partitions, which the credentials cannot assume.
fn check_roles<'f>(
    accounts: impl Iterator<Item = &'f FleetAccount>,
    partition: &str,
) -> Result<(), Failure> {
    for account in accounts {
        if let Some(role) = account.role_arn.as_deref().and_then(Arn::parse)
            && role.partition != partition
        {
            let id = account.id;
            return Err(Failure::with_help(
                format!(
                    "the role of account {id} is in the partition {}, but the credentials are in {partition}",
                    role.partition
                ),
                "audit each partition separately, with credentials of that partition",
            ));
        }
    }
    Ok(())
}

fn check_partition(args: &FleetArgs, fleet: &Fleet) -> Result<(), Failure> {
    match &args.expect_partition {
        Some(expected) if expected != fleet.partition() => Err(Failure::with_help(
            format!("the credentials belong to the partition {}", fleet.partition()),
            format!("choose credentials for {expected}, or change --expect-partition"),
        )),
        _ => Ok(()),
    }
}
