//! MFA devices, and who has MFA.
//!
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_mfa.html>

use std::collections::HashMap;

use jiff::Timestamp;
use portcullis_model::{Arn, Fact, Gap, MfaDevice, MfaKind, Source, Sources, minute};

use super::answers::Answers;
use super::gaps::Gaps;
use super::names::name_key;
use super::reconciled_users::ReconciledUser;
use super::time::{is_future, may_be_since};

/// Returns the account's virtual MFA devices, sorted by serial number.
pub(super) fn virtual_devices(answers: &Answers, gaps: &mut Gaps) -> Fact<Vec<MfaDevice>> {
    answers.virtual_devices.as_ref().map(|devices| {
        let mut virtual_devices = Vec::new();
        for device in devices {
            let owner = device.user.as_ref().map(|owner| owner.arn.clone());
            let device = new_device(&device.serial_number, owner, device.enable_date);
            if let Some(problem) = of_the_future(&device, answers.as_of) {
                gaps.note(Source::VirtualMfaDevices, &device.serial, Gap::FUTURE, problem);
            }
            virtual_devices.push(device);
        }
        sort(&mut virtual_devices);
        virtual_devices
    })
}

fn sort(devices: &mut [MfaDevice]) {
    devices.sort_by(|a, b| a.serial.cmp(&b.serial));
}

pub(super) fn new_device(
    serial: &str,
    owner_arn: Option<String>,
    enabled: Option<Timestamp>,
) -> MfaDevice {
    MfaDevice {
        serial: serial.to_owned(),
        name: serial.rsplit('/').next().unwrap_or(serial).to_owned(),
        kind: kind(serial),
        assigned: owner_arn.is_some(),
        owner_arn,
        enabled,
    }
}

pub(super) fn kind(serial: &str) -> MfaKind {
    let Some(arn) = Arn::parse(serial) else {
        return MfaKind::HardwareToken;
    };
    match arn.resource.split('/').next() {
        Some("u2f") => MfaKind::Fido,
        Some("sms-mfa") => MfaKind::Sms,
        // An unknown form does not count as hardware.
        _ => MfaKind::Virtual,
    }
}

/// The account's virtual devices by user.
pub(super) struct VirtualDevices<'a> {
    by_owner: HashMap<String, Vec<&'a MfaDevice>>,
    /// Unassigned devices by name, which is often that of a user.
    unassigned: HashMap<String, &'a MfaDevice>,
}

impl<'a> VirtualDevices<'a> {
    pub(super) fn new(devices: &'a [MfaDevice]) -> VirtualDevices<'a> {
        let mut index = VirtualDevices { by_owner: HashMap::new(), unassigned: HashMap::new() };
        for device in devices {
            match &device.owner_arn {
                None => {
                    index
                        .unassigned
                        .entry(name_key(&device.name))
                        .or_insert(device);
                }
                Some(owner) => {
                    let user = Arn::parse(owner)
                        .and_then(Arn::user)
                        .map_or("", |(_, name)| name);
                    index
                        .by_owner
                        .entry(name_key(user))
                        .or_default()
                        .push(device);
                }
            }
        }
        index
    }

    fn of_user(&self, user: &str) -> &[&'a MfaDevice] {
        self.by_owner
            .get(&name_key(user))
            .map_or(&[], Vec::as_slice)
    }
}

/// The facts about one user's MFA.
pub(super) struct Mfa {
    pub(super) active: Fact<bool>,
    pub(super) source: Fact<String>,
    pub(super) devices: Fact<Vec<MfaDevice>>,
    pub(super) unassigned_device: Fact<Option<String>>,
}

/// What the answers say about one user's MFA.
struct Claims<'a> {
    user: &'a ReconciledUser<'a>,
    /// The user's own list, if it was collected and can be relied on.
    own: Option<Vec<MfaDevice>>,
    /// The account's virtual devices that are the user's.
    virtual_ones: Fact<&'a [&'a MfaDevice]>,
    answers: &'a Answers,
}

/// Decides on a user's MFA from the report, the user's own list and the account's virtual devices.
pub(super) fn of_user(
    user: &ReconciledUser<'_>,
    virtual_devices: &Fact<VirtualDevices<'_>>,
    answers: &Answers,
    gaps: &mut Gaps,
) -> Mfa {
    let virtual_ones = virtual_devices
        .as_ref()
        .map(|devices| devices.of_user(user.name));
    let mut claims = Claims { user, own: own_devices(user, answers), virtual_ones, answers };
    let mut answer = claims.active();
    if let Fact::Known((true, source)) = answer
        && let Some(doubt) = claims.doubt(source)
    {
        answer = gaps.missing(source, user.name, "Contradictory", doubt);
    }
    let active = answer.map(|(active, _)| active);
    let lacks_device = claims.own.as_ref().is_some_and(Vec::is_empty) && claims.may_lack();
    if lacks_device {
        let message = "shows no device, though MFA is active in the credential report";
        gaps.explain(Source::MfaDevices.into(), user.name, "NotListed", message);
        claims.own = None;
    }
    let devices = match claims.contradiction(active) {
        Some(message) => gaps.missing(Source::MfaDevices, user.name, "Contradictory", message),
        None => match claims.own {
            Some(own) => Fact::Known(own),
            None if user.deleted => Fact::Known(Vec::new()),
            None => none_if_inactive(virtual_ones, active.map(|active| active || lacks_device)),
        },
    };
    if let Fact::Missing(sources) = devices {
        let message = "the user's MFA devices were not requested";
        gaps.explain(sources, user.name, Gap::NOT_REQUESTED, message);
    }
    Mfa {
        active,
        source: answer.map(|(_, source)| source.name().to_owned()),
        devices,
        unassigned_device: virtual_devices.as_ref().map(|devices| {
            let device = devices.unassigned.get(&name_key(user.name));
            device.map(|device| device.serial.clone())
        }),
    }
}

impl Claims<'_> {
    /// Returns whether MFA is active, and the source that says so: the newest one that knows. If
    /// neither is known to be newer, MFA is inactive as soon as one says so.
    fn active(&self) -> Fact<(bool, Source)> {
        let row = self.user.row.and_then(|row| row.mfa_active);
        let report = row.map(|active| (active, Source::CredentialReport));
        let own = self.own.as_ref().map(|own| {
            let newest = own.iter().filter_map(|device| device.enabled).max();
            let source = Source::MfaDevices;
            (self.answers.is_newer(source, newest), (!own.is_empty(), source))
        });
        let virtual_ones = self
            .virtual_ones
            .known()
            .filter(|devices| !devices.is_empty())
            .map(|devices| {
                let newest = devices.iter().filter_map(|device| device.enabled).max();
                let source = Source::VirtualMfaDevices;
                (self.answers.is_newer(source, newest), (true, source))
            });
        let mut live = [own, virtual_ones].into_iter().flatten();
        let newer = live.clone().find(|(newer, _)| *newer == Some(true));
        let Fact::Known(report) = report else {
            let first = live.next().map(|(_, answer)| answer);
            return report.or_else(|| first.map_or(Fact::Missing(Sources::NONE), Fact::Known));
        };
        let against = live.find(|(newer, (active, _))| newer.is_none() && !active);
        let (_, answer) = newer.or(against).unwrap_or((None, report));
        Fact::Known(answer)
    }

    /// Returns why no device of the source proves that MFA is active.
    fn doubt(&self, source: Source) -> Option<String> {
        match source {
            Source::MfaDevices => first_of_all(
                self.own
                    .iter()
                    .flatten()
                    .map(|device| self.doubt_of_own(device)),
            ),
            Source::VirtualMfaDevices => {
                let devices = self.virtual_ones.known().into_iter().flatten();
                first_of_all(devices.map(|device| self.doubt_of(device)))
            }
            _ => None,
        }
    }

    /// Whether a user's empty list may lack a device: the report shows MFA, and is not known to be
    /// older.
    fn may_lack(&self) -> bool {
        let is_active = self.user.row.and_then(|row| row.mfa_active) == Fact::Known(true);
        is_active && self.answers.is_newer(Source::MfaDevices, None) != Some(true)
    }

    /// Returns what contradicts the user's own list of devices.
    fn contradiction(&self, active: Fact<bool>) -> Option<String> {
        let own = self.own.as_ref()?;
        if let Some(device) = own.iter().find(|device| !is_serial(&device.serial)) {
            return Some(format!(
                "shows {:?}, which is not the serial number of an MFA device",
                device.serial
            ));
        }
        if let Some(device) = self.unlisted_device(own) {
            return Some(format!(
                "lacks {}, which is on the list of virtual devices",
                device.serial
            ));
        }
        // If it is not known whether MFA is active, there already is a gap.
        if active.known().is_some()
            && let Some(doubt) = own.iter().find_map(|device| self.doubt_of_own(device))
        {
            return Some(doubt);
        }
        let has_inactive = active == Fact::Known(false) && !own.is_empty();
        has_inactive.then(|| "shows a device, though the credential report shows no MFA".to_owned())
    }

    /// Returns why a device does not prove that MFA is active: its date lies in the future or before
    /// the user was created, or a later credential report shows no MFA.
    fn doubt_of(&self, device: &MfaDevice) -> Option<String> {
        let Claims { user, answers, .. } = self;
        if let Some(doubt) = of_the_future(device, answers.as_of) {
            return Some(doubt);
        }
        let (serial, enabled) = (&device.serial, device.enabled?);
        let detail = user.detail.known().flatten();
        if let Some(created) = detail.map(|detail| detail.create_date)
            && !may_be_since(enabled, created)
        {
            return Some(format!(
                "{serial} was enabled {}, before the user was created",
                minute(enabled)
            ));
        }
        let made = answers.report_made()?;
        let is_inactive = user.row.and_then(|row| row.mfa_active) == Fact::Known(false);
        (is_inactive && !may_be_since(enabled, made)).then(|| {
            let [enabled, made] = [enabled, made].map(minute);
            format!(
                "{serial} was enabled {enabled}, but the credential report of {made} shows no MFA"
            )
        })
    }

    /// Returns the same for a device on the user's own list; a virtual one must also be on the
    /// account's list.
    fn doubt_of_own(&self, device: &MfaDevice) -> Option<String> {
        if let Some(doubt) = self.doubt_of(device) {
            return Some(doubt);
        }
        let mut listed = self.virtual_ones.known()?.iter();
        let is_listed = listed.any(|listed| listed.serial == device.serial);
        let is_virtual =
            Arn::parse(&device.serial).is_some_and(|arn| arn.resource.starts_with("mfa/"));
        let is_new = self.may_be_newer(device, Source::VirtualMfaDevices);
        (is_virtual && !is_listed && !is_new).then(|| {
            format!("the list of virtual devices does not show {} as the user's", device.serial)
        })
    }

    /// Returns a virtual device of the user that the user's own list lacks, though the list is newer.
    fn unlisted_device(&self, own: &[MfaDevice]) -> Option<&MfaDevice> {
        self.virtual_ones.known()?.iter().copied().find(|device| {
            !self.may_be_newer(device, Source::MfaDevices)
                && !own.iter().any(|own| own.serial == device.serial)
        })
    }

    /// Whether the device may have been enabled after the source was asked.
    fn may_be_newer(&self, device: &MfaDevice, source: Source) -> bool {
        let dates = device.enabled.zip(self.answers.collected_at(source));
        dates.is_some_and(|(date, asked)| may_be_since(date, asked))
    }
}

/// Returns the first doubt if every device has one, since one undoubted device is enough.
pub(super) fn first_of_all(doubts: impl Iterator<Item = Option<String>>) -> Option<String> {
    let doubts: Vec<String> = doubts.collect::<Option<_>>()?;
    doubts.into_iter().next()
}

/// Returns a problem if the date on which the device was enabled lies in the future.
pub(super) fn of_the_future(device: &MfaDevice, as_of: Timestamp) -> Option<String> {
    let enabled = device
        .enabled
        .filter(|enabled| is_future(*enabled, as_of))?;
    let [enabled, as_of] = [enabled, as_of].map(minute);
    Some(format!("{} was enabled {enabled}, which is later than {as_of}", device.serial))
}

/// Whether AWS could have sent the serial number: an ARN, or what is written on a hardware token.
///
/// <https://docs.aws.amazon.com/IAM/latest/APIReference/API_MFADevice.html>
fn is_serial(text: &str) -> bool {
    let is_allowed = |letter: char| letter.is_alphanumeric() || "_+=/:,.@-".contains(letter);
    let is_well_formed = !text.is_empty() && text.chars().all(is_allowed);
    let looks_like_arn = text.to_ascii_lowercase().starts_with("arn:");
    is_well_formed && (Arn::parse(text).is_some() || !looks_like_arn)
}

/// Returns the user's own list, if it was collected.
fn own_devices(user: &ReconciledUser<'_>, answers: &Answers) -> Option<Vec<MfaDevice>> {
    let listed = answers
        .mfa_devices
        .as_ref()
        .known()?
        .get(&name_key(user.name))?;
    let mut devices = Vec::new();
    for device in listed {
        let owner = Some(user.arn.to_owned());
        devices.push(new_device(&device.serial_number, owner, Some(device.enable_date)));
    }
    sort(&mut devices);
    Some(devices)
}

/// Returns an empty list if MFA is inactive and no virtual device contradicts that; otherwise
/// missing, since a user with MFA may have devices that only the user's own list shows.
fn none_if_inactive(virtual_ones: Fact<&[&MfaDevice]>, active: Fact<bool>) -> Fact<Vec<MfaDevice>> {
    match (virtual_ones, active) {
        (Fact::Known([]) | Fact::Missing(_), Fact::Known(false)) => Fact::Known(Vec::new()),
        _ => Fact::missing(Source::MfaDevices),
    }
}
