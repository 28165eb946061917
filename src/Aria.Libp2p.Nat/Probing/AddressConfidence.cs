namespace Aria.Libp2p.Nat.Probing;

/// <summary>Whether others can reach an address, or this peer.</summary>
public enum Reachability
{
    /// <summary>Nobody knows yet.</summary>
    Unknown = 0,

    /// <summary>They can.</summary>
    Public = 1,

    /// <summary>They cannot.</summary>
    Private = 2,
}

/// <summary>
/// What this peer believes of its addresses, from what servers found out. Decides alone: one vote for each server, its latest; a belief is taken when the votes for it are so many more than those
/// against it, and kept until the votes for the other are. Bounded in addresses and votes. Not safe for use from many threads.
/// </summary>
public sealed class AddressConfidence(int neededVotes)
{
    /// <summary>Addresses that are judged; the one that was heard of least recently goes first.</summary>
    public const int MaxAddresses = 64;

    /// <summary>Votes on one address; the oldest goes first.</summary>
    public const int MaxVotes = 16;

    private readonly List<Judgement> _judgements = [];       // least recently heard of first

    /// <summary>The belief about this peer: public where any address is, private where all judged ones are, else unknown.</summary>
    public Reachability Overall =>
        _judgements.Any(one => one.Belief == Reachability.Public) ? Reachability.Public
        : _judgements.Count > 0 && _judgements.TrueForAll(one => one.Belief == Reachability.Private) ? Reachability.Private
        : Reachability.Unknown;

    /// <summary>The addresses of which this is believed.</summary>
    public IEnumerable<Multiaddress> ThoseOf(Reachability belief) => _judgements.Where(one => one.Belief == belief).Select(one => one.Address);

    /// <summary>The belief about an address.</summary>
    public Reachability Of(Multiaddress address) => _judgements.Find(one => one.Address.Equals(address))?.Belief ?? Reachability.Unknown;

    /// <summary>Counts a server's vote and returns the belief about the address afterwards.</summary>
    public Reachability Record(Multiaddress address, PeerId server, bool reached)
    {
        ArgumentNullException.ThrowIfNull(address);
        ArgumentNullException.ThrowIfNull(server);
        int at = _judgements.FindIndex(one => one.Address.Equals(address));
        Judgement judgement = at < 0 ? new(address) : _judgements[at];
        if (at >= 0)
        {
            _judgements.RemoveAt(at);
        }
        else if (_judgements.Count == MaxAddresses)
        {
            _judgements.RemoveAt(0);
        }

        _judgements.Add(judgement);
        judgement.Votes.RemoveAll(vote => vote.Server == server);
        judgement.Votes.Add((server, reached));
        judgement.Votes.RemoveRange(0, Math.Max(0, judgement.Votes.Count - MaxVotes));
        int margin = judgement.Votes.Sum(vote => vote.Reached ? 1 : -1);
        judgement.Belief = margin >= neededVotes ? Reachability.Public : margin <= -neededVotes ? Reachability.Private : judgement.Belief;
        return judgement.Belief;
    }

    /// <summary>Forgets addresses that are no longer this peer's.</summary>
    public void Keep(IReadOnlyCollection<Multiaddress> addresses) => _judgements.RemoveAll(one => !addresses.Contains(one.Address));

    private sealed class Judgement(Multiaddress address)
    {
        public Multiaddress Address { get; } = address;

        public List<(PeerId Server, bool Reached)> Votes { get; } = [];

        public Reachability Belief { get; set; }
    }
}
