using System.IO.Pipelines;
using System.Text;
using Aria.Libp2p;
using Aria.Libp2p.Transports;
using Microsoft.Extensions.Logging.Abstractions;

// EchoAndPing                   listens, prints its address and echoes until its input ends
// EchoAndPing ADDRESS TEXT      dials, sends the text, prints what comes back and a round trip
using Identity identity = Identity.Generate();
await using LocalPeer peer = new(identity, [new TcpTransport()], new(), TimeProvider.System, NullLoggerFactory.Instance);
peer.Handle("/echo/1.0.0", async (stream, token) => await stream.Input.CopyToAsync(stream.Output, token));

if (args is not [var address, var text])
{
    Console.WriteLine(await peer.ListenAsync(Multiaddress.Parse("/ip4/127.0.0.1/tcp/0"), CancellationToken.None));
    await Console.In.ReadToEndAsync();
    return;
}

// Whoever answers at the address has proved the id that it ends in, or this throws.
PeerId remote = await peer.ConnectAsync(Multiaddress.Parse(address), CancellationToken.None);
await using PeerStream stream = await peer.OpenStreamAsync(remote, "/echo/1.0.0", CancellationToken.None);
byte[] sent = Encoding.UTF8.GetBytes(text);
await stream.Output.WriteAsync(sent);
ReadResult answer = await stream.Input.ReadAtLeastAsync(sent.Length);
Console.WriteLine(Encoding.UTF8.GetString(answer.Buffer));
stream.Input.AdvanceTo(answer.Buffer.End);
Console.WriteLine($"{(await peer.PingAsync(remote, CancellationToken.None)).TotalMicroseconds:0} µs");
