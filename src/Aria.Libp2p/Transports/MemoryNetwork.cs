namespace Aria.Libp2p.Transports;

/// <summary>The addresses <c>/memory/1</c>, <c>/memory/2</c> … of one process; peers on different networks never meet. Address 0 stands for a free one.</summary>
public sealed class MemoryNetwork
{
    private const ulong FirstFreeNumber = 1_000_000;

    private readonly Lock _gate = new();
    private readonly Dictionary<ulong, MemoryListener> _listeners = [];
    private ulong _lastNumber = FirstFreeNumber;
    private ulong _lastDialer = FirstFreeNumber;

    internal MemoryListener Listen(ulong number)
    {
        lock (_gate)
        {
            if (number == 0)
            {
                do
                {
                    number = ++_lastNumber;
                }
                while (_listeners.ContainsKey(number));
            }

            MemoryListener listener = new(this, number);
            return _listeners.TryAdd(number, listener) ? listener : throw new ListenFailedException($"/memory/{number} is taken.");
        }
    }

    internal MemoryConnection Dial(ulong number)
    {
        MemoryListener? listener;
        ulong dialer;
        lock (_gate)
        {
            listener = _listeners.GetValueOrDefault(number);
            dialer = ++_lastDialer;
        }

        (MemoryConnection here, MemoryConnection there) = MemoryConnection.CreatePair(AddressOf(dialer), AddressOf(number));
        return listener?.TryEnqueue(there) == true ? here : throw new DialFailedException($"Nobody listens on /memory/{number}.");
    }

    internal void Remove(ulong number)
    {
        lock (_gate)
        {
            _listeners.Remove(number);
        }
    }

    internal static Multiaddress AddressOf(ulong number) => Multiaddress.Parse($"/memory/{number}");
}
