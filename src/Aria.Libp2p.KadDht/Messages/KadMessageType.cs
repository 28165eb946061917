namespace Aria.Libp2p.KadDht.Messages;

/// <summary>Field 1 of a message; absent on the wire for <see cref="PutValue"/>.</summary>
internal enum KadMessageType
{
    PutValue = 0,
    GetValue = 1,
    AddProvider = 2,
    GetProviders = 3,
    FindNode = 4,
    Ping = 5,
}
