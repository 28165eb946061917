namespace Aria.Libp2p.KadDht.Routing;

/// <summary>
/// Up to k contacts that share a prefix length with this peer, the longest-known first, and as many that wait for a place.
/// A contact that works is never pushed out by a new one.
/// </summary>
internal sealed class KBucket
{
    public List<Contact> Contacts { get; } = [];

    /// <summary>The latest seen last.</summary>
    public List<Contact> Waiting { get; } = [];

    public int IndexOf(PeerId id) => Contacts.FindIndex(contact => contact.Id == id);

    public void Wait(Contact contact, int capacity)
    {
        Forget(contact.Id);
        if (Waiting.Count == capacity)
        {
            Waiting.RemoveAt(0);
        }

        Waiting.Add(contact);
    }

    public bool Forget(PeerId id) => Waiting.RemoveAll(contact => contact.Id == id) > 0;
}
