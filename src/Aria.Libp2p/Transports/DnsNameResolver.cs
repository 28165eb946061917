using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text;
using Aria.Libp2p.Encodings;

namespace Aria.Libp2p.Transports;

/// <summary>Asks name servers of one's choice, which must resolve recursively: over UDP, and over TCP where the answer found no room (RFC 1035, RFC 7766).</summary>
public sealed class DnsNameResolver(IReadOnlyList<IPEndPoint> servers, DnsOptions options, TimeProvider time) : INameResolver
{
    private const int MaxAliases = 8;
    private const int MaxDatagramBytes = 4096;
    private const int NoSuchName = 3;

    /// <inheritdoc/>
    public async Task<IReadOnlyList<IPAddress>> AddressesAsync(string name, AddressFamily family, CancellationToken cancellationToken)
    {
        DnsType[] types = family switch
        {
            AddressFamily.InterNetwork => [DnsType.A],
            AddressFamily.InterNetworkV6 => [DnsType.Aaaa],
            _ => [DnsType.Aaaa, DnsType.A],
        };
        IReadOnlyList<DnsRecord>[] records = await Task.WhenAll(types.Select(type => AskAsync(name, type, cancellationToken))).ConfigureAwait(false);
        return [.. records.SelectMany(some => some).Select(record => record.Address).OfType<IPAddress>()];
    }

    /// <inheritdoc/>
    public async Task<IReadOnlyList<string>> TextsAsync(string name, CancellationToken cancellationToken) =>
        [.. (await AskAsync(name, DnsType.Txt, cancellationToken).ConfigureAwait(false)).Select(record => string.Concat(record.Texts.Select(Encoding.Latin1.GetString)))];

    /// <summary>The records of a kind that belong to the name or to what its aliases lead to.</summary>
    internal static IReadOnlyList<DnsRecord> Select(DnsMessage answer, string name, DnsType type)
    {
        for (int aliases = 0; aliases <= MaxAliases; aliases++)
        {
            DnsRecord[] found = [.. answer.Answers.Where(record => record.Type == type && IsSame(record.Name, name))];
            if (found.Length > 0 || answer.Answers.FirstOrDefault(record => record.Type == DnsType.Cname && IsSame(record.Name, name))?.Target is not { } target)
            {
                return found;
            }

            name = target;
        }

        return [];
    }

    private static bool IsSame(string one, string other) => string.Equals(one.TrimEnd('.'), other.TrimEnd('.'), StringComparison.OrdinalIgnoreCase);

    private async Task<IReadOnlyList<DnsRecord>> AskAsync(string name, DnsType type, CancellationToken cancellationToken)
    {
        DnsMessage question = new() { Id = (ushort)RandomNumberGenerator.GetInt32(1, 1 << 16), WantsRecursion = true, Questions = [new(name.TrimEnd('.'), type)] };
        byte[] asked;
        try
        {
            asked = question.Encode();
        }
        catch (FormatException exception)
        {
            throw new NameNotResolvedException($"'{name}' is no domain name.", exception);
        }

        string reason = "no server is known";
        for (int attempt = 0; attempt < options.Rounds * servers.Count; attempt++)
        {
            IPEndPoint server = servers[attempt % servers.Count];
            using CancellationTokenSource deadline = new(options.AnswerTimeout, time);
            using CancellationTokenSource either = CancellationTokenSource.CreateLinkedTokenSource(deadline.Token, cancellationToken);
            try
            {
                DnsMessage answer = await AskOverUdpAsync(server, question, asked, either.Token).ConfigureAwait(false);
                answer = answer.IsTruncated ? await AskOverTcpAsync(server, question, asked, either.Token).ConfigureAwait(false) : answer;
                if (answer.ResponseCode is 0 or NoSuchName)
                {
                    return Select(answer, name, type);
                }

                reason = $"{server} answered with code {answer.ResponseCode}";
            }
            catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
            {
                reason = $"{server} did not answer within {options.AnswerTimeout.TotalSeconds:0.###} s";
            }
            catch (Exception exception) when (exception is SocketException or IOException)
            {
                reason = $"{server}: {exception.Message}";
            }
        }

        throw new NameNotResolvedException($"{name}: {reason}.");
    }

    private static async Task<DnsMessage> AskOverUdpAsync(IPEndPoint server, DnsMessage question, byte[] asked, CancellationToken cancellationToken)
    {
        using Socket socket = new(server.AddressFamily, SocketType.Dgram, ProtocolType.Udp);
        await socket.ConnectAsync(server, cancellationToken).ConfigureAwait(false);     // the system drops what comes from elsewhere
        await socket.SendAsync(asked, cancellationToken).ConfigureAwait(false);
        byte[] buffer = new byte[MaxDatagramBytes];
        while (true)
        {
            int length = await socket.ReceiveAsync(buffer, cancellationToken).ConfigureAwait(false);
            if (Answers(question, buffer.AsSpan(0, length)) is { } answer)
            {
                return answer;
            }
        }
    }

    private static async Task<DnsMessage> AskOverTcpAsync(IPEndPoint server, DnsMessage question, byte[] asked, CancellationToken cancellationToken)
    {
        using Socket socket = new(server.AddressFamily, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        await socket.ConnectAsync(server, cancellationToken).ConfigureAwait(false);
        using NetworkStream stream = new(socket);
        byte[] prefix = new byte[sizeof(ushort)];
        BinaryPrimitives.WriteUInt16BigEndian(prefix, (ushort)asked.Length);
        await stream.WriteAsync((byte[])[.. prefix, .. asked], cancellationToken).ConfigureAwait(false);
        await stream.ReadExactlyAsync(prefix, cancellationToken).ConfigureAwait(false);
        int length = BinaryPrimitives.ReadUInt16BigEndian(prefix);
        if (length > DnsMessage.MaxBytes)
        {
            throw new IOException($"the answer has {length} bytes");
        }

        byte[] buffer = new byte[length];
        await stream.ReadExactlyAsync(buffer, cancellationToken).ConfigureAwait(false);
        return Answers(question, buffer) ?? throw new IOException("the answer is none to the question");
    }

    private static DnsMessage? Answers(DnsMessage question, ReadOnlySpan<byte> bytes) =>
        DnsMessage.TryDecode(bytes, out DnsMessage? answer) && answer.IsResponse && answer.Id == question.Id && answer.Questions is [var echoed]
            && echoed.Type == question.Questions[0].Type && IsSame(echoed.Name, question.Questions[0].Name)
            ? answer : null;
}
