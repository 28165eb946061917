using Aria.Libp2p.PubSub.Messages;

namespace Aria.Libp2p.PubSub.Routing;

/// <summary>A connected peer as the router sees it.</summary>
internal sealed class RouterPeer(JoinedPeer joined)
{
    public JoinedPeer Joined { get; } = joined;

    public PeerId Id => Joined.Id;

    public bool HasMesh => Joined.Version > GossipVersion.Floodsub;

    public HashSet<string> Topics { get; } = [];

    /// <summary>What it does not want, with the heartbeats for which that counts.</summary>
    public Dictionary<MessageId, int> Unwanted { get; } = [];

    /// <summary>IHAVEs since the last heartbeat.</summary>
    public int IHaves { get; set; }

    /// <summary>Ids that it was asked for since the last heartbeat.</summary>
    public int Asked { get; set; }

    /// <summary>IDONTWANTs since the last heartbeat.</summary>
    public int IDontWants { get; set; }

    public void Beat()
    {
        IHaves = Asked = IDontWants = 0;
        foreach ((MessageId id, int left) in Unwanted.ToArray())
        {
            if (left <= 1)
            {
                Unwanted.Remove(id);
            }
            else
            {
                Unwanted[id] = left - 1;
            }
        }
    }
}
